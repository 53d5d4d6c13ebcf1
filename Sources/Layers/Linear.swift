import Tensors

/// y = act(x Wᵀ + b), over the last axis.
public struct Linear: Layer {
  /// `[out, in]`, as PyTorch stores it.
  public let weight: Parameter
  /// `[out]`
  public let bias: Parameter?
  /// A change of the weight of low rank; none at first.
  public let lora = LoRA()
  /// Applied to the output, in the same pass over memory.
  public var activation = Activation.none

  /// A layer from `inputs` to `outputs` features; the bias starts at zero.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, activation: Activation = .none,
    weights: Initialization = .truncatedNormal(deviation: 0.02), _ generator: inout Generator
  ) {
    weight = Parameter(weights([outputs, inputs], &generator))
    self.bias = bias ? Parameter(.zeros([outputs])) : nil
    self.activation = activation
  }

  /// x: `[…, in]` → `[…, out]`
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, adding: nil) }

  /// The same, added to a residual stream while the product is still in cache.
  public func callAsFunction(_ x: Tensor, adding residual: Tensor?) -> Tensor {
    guard lora.isAttached else {
      return x.linear(weight.tensor, bias: bias?.tensor, activation: activation, adding: residual)
    }
    // The change comes before the activation.
    return lora(x, adding: x.linear(weight.tensor, bias: bias?.tensor, adding: residual)).activated(activation)
  }
}
