import Layers
import Tensors

/// A small perceptron behind an encoder: the projector g or the predictor q of the self-supervised papers.
public struct ProjectionHead: Layer {
  /// Its layers.
  public let layers: [HeadLayer]

  /// A head on so many features. No layers: the identity.
  public init(_ inputs: Int, _ shape: HeadShape, _ generator: inout Generator) {
    var width = inputs
    layers = shape.layers.map { layer in
      defer { width = layer.width }
      return HeadLayer(width, layer, &generator)
    }
  }

  /// x: `[batch, in]` → `[batch, out]`, in single precision.
  public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) }.cast(to: .float32) }
}

/// A linear map, perhaps normalised over the batch, perhaps rectified.
public struct HeadLayer: Layer {
  /// The map.
  public let linear: Linear
  /// Batch norm.
  public let norm: BatchNorm?
  let isRectified: Bool

  init(_ inputs: Int, _ shape: HeadShape.Layer, _ generator: inout Generator) {
    linear = Linear(
      inputs, shape.width, bias: shape.hasBias, activation: shape.isRectified && shape.norm == .none ? .relu : .none,
      weights: .uniformFanIn, &generator)
    norm = shape.norm == .none ? nil : BatchNorm(shape.width, affine: shape.norm == .affine)
    isRectified = shape.isRectified
  }

  /// x: `[batch, in]` → `[batch, out]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard let norm else { return linear(x) }
    return norm(linear(x), relu: isRectified)
  }
}

/// The layers of a head.
public struct HeadShape: Sendable, Equatable {
  /// One after another.
  public var layers: [Layer]

  /// One layer.
  public struct Layer: Sendable, Equatable {
    /// Features that come out.
    public var width: Int
    /// Whether the linear map has a bias.
    public var hasBias: Bool
    /// What follows it.
    public var norm: Norm
    /// Whether it ends with max(0, ·).
    public var isRectified: Bool
  }

  /// Normalisation over the batch.
  public enum Norm: Sendable, Equatable {
    /// None.
    case none
    /// Without gain and shift.
    case plain
    /// With gain and shift.
    case affine
  }

  /// The identity.
  public static let identity = HeadShape(layers: [])

  /// Hidden layers, rectified, and a last one that is not.
  ///
  /// - `hidden`: the hidden layers' widths.
  /// - `norm`: after each hidden layer.
  /// - `lastNorm`: after the last.
  /// - `bias`: of hidden layers; by default where no norm follows.
  /// - `lastBias`: of the last layer; by default where no norm follows.
  public init(
    hidden: [Int], output: Int, norm: Norm = .none, lastNorm: Norm = .none, bias: Bool? = nil, lastBias: Bool? = nil
  ) {
    layers =
      hidden.map { Layer(width: $0, hasBias: bias ?? (norm == .none), norm: norm, isRectified: true) } + [
        Layer(width: output, hasBias: lastBias ?? (lastNorm == .none), norm: lastNorm, isRectified: false)
      ]
  }

  init(layers: [Layer]) { self.layers = layers }

  /// Features that come out of a head on so many.
  public func outputs(from inputs: Int) -> Int { layers.last?.width ?? inputs }
}
