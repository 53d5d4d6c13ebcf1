import Layers
import Tensors

/// The encoder f of methods that compare views of pictures: channels-last pixels become one vector each.
public enum Backbone: Module {
  /// A residual network.
  case resNet(ResNet)
  /// A vision transformer.
  case visionTransformer(VisionTransformer)

  /// Features of a picture.
  public var features: Int {
    switch self {
    case .resNet(let network): network.shape.features
    case .visionTransformer(let network): network.shape.blocks.width
    }
  }

  /// Its kind and sizes, for people; equal for those that can hold each other's weights.
  public var summary: String {
    switch self {
    case .resNet(let network):
      "\(network.shape.depth.rawValue) of base width \(network.shape.baseWidth) with the \(network.shape.stem.rawValue) stem"
    case .visionTransformer(let network): "a vision transformer for \(network.shape.summary)"
    }
  }

  /// x: `[batch, height, width, 3]` → `[batch, features]`, in single precision.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .resNet(let network): network(x).cast(to: .float32)
    case .visionTransformer(let network): network(x.patches(network.shape.patchSize)).cast(to: .float32)
    }
  }
}

/// What a new backbone is made from.
public enum BackboneShape: Sendable, Equatable {
  /// A residual network.
  case resNet(ResNetShape)
  /// A vision transformer.
  case visionTransformer(VisionShape)

  /// A new backbone.
  public func callAsFunction(_ generator: inout Generator) -> Backbone {
    switch self {
    case .resNet(let shape): .resNet(ResNet(shape, &generator))
    case .visionTransformer(let shape): .visionTransformer(VisionTransformer(shape, &generator))
    }
  }
}

extension Tensor {
  /// Channels-last pictures cut into squares: `[batch, height, width, 3]` → `[batch, patches, side · side · 3]`.
  func patches(_ side: Int) -> Tensor {
    guard rank == 4, shape[1] % side == 0, shape[2] % side == 0 else {
      fatalError("patches: \(shape) does not divide into squares of \(side)")
    }
    let (rows, columns, channels) = (shape[1] / side, shape[2] / side, shape[3])
    return reshaped([shape[0], rows, side, columns, side, channels]).permuted([0, 1, 3, 2, 4, 5])
      .reshaped([shape[0], rows * columns, side * side * channels])
  }
}
