import Tensors

/// A two-dimensional convolution on channels-last data.
public struct Conv2D: Layer {
  /// `[out, in / groups, height, width]`, as PyTorch stores it.
  public let weight: Parameter
  /// `[out]`
  public let bias: Parameter?
  /// Step between neighbouring outputs.
  public let stride: Int
  /// Zeros around the input.
  public let padding: Int
  /// Channels are cut into so many independent convolutions.
  public let groups: Int

  /// A square kernel.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1, bias: Bool = false,
    weights: Initialization = .kaimingNormalFanOut, _ generator: inout Generator
  ) {
    guard groups > 0, inputs % groups == 0, outputs % groups == 0 else {
      fatalError("convolution: \(inputs) → \(outputs) channels do not divide into \(groups) groups")
    }
    weight = Parameter(weights([outputs, inputs / groups, kernel, kernel], &generator))
    self.bias = bias ? Parameter(.zeros([outputs])) : nil
    self.stride = stride
    self.padding = padding
    self.groups = groups
  }

  /// x: `[batch, height, width, in]` → `[batch, height', width', out]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.conv2d(weight.tensor, bias: bias?.tensor, stride: stride, padding: padding, groups: groups)
  }
}
