import Layers
import Tensors

/// The residual network (He et al., 2016), as torchvision has it: the stride of a bottleneck stands in its 3×3
/// convolution ("v1.5").
public struct ResNet: Module {
  /// From colours to the first features: 7×7 of stride 2 with max pooling, or 3×3 for small pictures.
  public let stem: Conv2D
  /// After the stem.
  public let stemNorm: BatchNorm
  /// Four stages; each but the first halves the sides and doubles the features.
  public let stages: [[ResidualBlock]]
  /// What it was made from.
  public let shape: ResNetShape

  /// A new network.
  public init(_ shape: ResNetShape, _ generator: inout Generator) {
    self.shape = shape
    stem =
      switch shape.stem {
      case .imagenet: Conv2D(3, shape.baseWidth, kernel: 7, stride: 2, padding: 3, &generator)
      case .cifar: Conv2D(3, shape.baseWidth, kernel: 3, padding: 1, &generator)
      }
    stemNorm = BatchNorm(shape.baseWidth)
    var inputs = shape.baseWidth
    var stages: [[ResidualBlock]] = []
    for (stage, count) in shape.depth.blocks.enumerated() {
      let width = shape.baseWidth << stage
      stages.append(
        (0..<count).map { number in
          let block = ResidualBlock(
            inputs, width, stride: stage > 0 && number == 0 ? 2 : 1, expansion: shape.depth.expansion,
            zeroInitialResidual: shape.zeroInitialResidual, &generator)
          inputs = width * shape.depth.expansion
          return block
        })
    }
    self.stages = stages
  }

  /// x: `[batch, height, width, 3]` → the mean over the last stage's pixels, `[batch, features]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = stemNorm(stem(x), relu: true)
    if shape.stem == .imagenet { h = h.maxPool(kernel: 3, stride: 2, padding: 1) }
    for block in stages.joined() { h = block(h) }
    return h.globalAveragePool()
  }
}

/// Convolutions around which the input flows: relu(x + f(x)).
///
/// Two 3×3 ones in ResNet-18 and 34; 1×1, 3×3 and 1×1 with four times the features in ResNet-50.
public struct ResidualBlock: Layer {
  /// f's convolutions.
  public let convolutions: [Conv2D]
  /// Each is normalised.
  public let norms: [BatchNorm]
  /// The way around, where the shape changes.
  public let shortcut: Shortcut?

  /// A 1×1 convolution, normalised.
  public struct Shortcut: Layer {
    /// The convolution.
    public let convolution: Conv2D
    /// After it.
    public let norm: BatchNorm

    /// x: `[batch, height, width, in]` → `[batch, height / stride, width / stride, out]`
    public func callAsFunction(_ x: Tensor) -> Tensor { norm(convolution(x)) }
  }

  init(
    _ inputs: Int, _ width: Int, stride: Int, expansion: Int, zeroInitialResidual: Bool, _ generator: inout Generator
  ) {
    let outputs = width * expansion
    convolutions =
      expansion == 1
      ? [
        Conv2D(inputs, width, kernel: 3, stride: stride, padding: 1, &generator),
        Conv2D(width, width, kernel: 3, padding: 1, &generator),
      ]
      : [
        Conv2D(inputs, width, kernel: 1, &generator),
        Conv2D(width, width, kernel: 3, stride: stride, padding: 1, &generator),
        Conv2D(width, outputs, kernel: 1, &generator),
      ]
    norms = convolutions.map { BatchNorm($0.weight.value.shape[0]) }
    // Each block starts as the identity (Goyal et al., 2017, section 5.1).
    if zeroInitialResidual { norms.last?.weight?.value = .zeros([outputs]) }
    shortcut =
      stride != 1 || inputs != outputs
      ? Shortcut(
        convolution: Conv2D(inputs, outputs, kernel: 1, stride: stride, &generator), norm: BatchNorm(outputs)) : nil
  }

  /// x: `[batch, height, width, in]` → `[batch, height / stride, width / stride, out]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = x
    for (convolution, norm) in zip(convolutions, norms).dropLast() { h = norm(convolution(h), relu: true) }
    let last = convolutions.count - 1
    return norms[last](convolutions[last](h), adding: shortcut.map { $0(x) } ?? x, relu: true)
  }
}

/// The sizes of a residual network.
public struct ResNetShape: Sendable, Equatable {
  /// How deep it is.
  public var depth: Depth
  /// How it begins.
  public var stem: Stem
  /// Features of the first stage: 64 in the paper.
  public var baseWidth: Int
  /// Whether each block starts as the identity.
  public var zeroInitialResidual: Bool

  /// Layers that are counted in the names.
  public enum Depth: String, Sendable, CaseIterable {
    /// ResNet-18.
    case resNet18 = "resnet18"
    /// ResNet-34.
    case resNet34 = "resnet34"
    /// ResNet-50.
    case resNet50 = "resnet50"

    /// Blocks of the four stages.
    public var blocks: [Int] { self == .resNet18 ? [2, 2, 2, 2] : [3, 4, 6, 3] }
    /// How many times more features a block gives than its 3×3 convolution has.
    public var expansion: Int { self == .resNet50 ? 4 : 1 }
  }

  /// How pictures enter.
  public enum Stem: String, Sendable, CaseIterable {
    /// 7×7 of stride 2, then max pooling: pictures of about 224 pixels.
    case imagenet
    /// 3×3 of stride 1 and no pooling: pictures of about 32 pixels (Chen et al., 2020: SimCLR, appendix B.9).
    case cifar
  }

  /// A network.
  public init(
    _ depth: Depth, stem: Stem = .imagenet, baseWidth: Int = 64, zeroInitialResidual: Bool = false
  ) {
    self.depth = depth
    self.stem = stem
    self.baseWidth = baseWidth
    self.zeroInitialResidual = zeroInitialResidual
  }

  /// Features of a picture.
  public var features: Int { baseWidth * 8 * depth.expansion }
}
