import Tensors

/// How a parameter starts.
public enum Initialization: Sendable, Equatable {
  /// All elements equal.
  case constant(Float)
  /// Normal around zero.
  case normal(deviation: Float)
  /// Normal around zero, drawn again beyond two deviations (ViT, BEiT).
  case truncatedNormal(deviation: Float)
  /// Uniform within ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010).
  case xavierUniform
  /// Normal of deviation √(2 / fan out) (He et al., 2015): convolutions before ReLU.
  case kaimingNormalFanOut
  /// Uniform within ±1/√(fan in): what PyTorch does by default.
  case uniformFanIn

  /// A new tensor. The fans are those of a weight laid out as `[out, in, …]`.
  public func callAsFunction(_ shape: Shape, _ generator: inout Generator) -> Tensor {
    if generator.leavesWeightsUnset { return .uninitialized(shape) }
    let receptive = shape.extents.dropFirst(2).reduce(1, *)
    let fanIn = Float((shape.rank > 1 ? shape[1] : 1) * receptive)
    let fanOut = Float((shape.rank > 0 ? shape[0] : 1) * receptive)
    switch self {
    case .constant(let value): return Tensor(repeating: value, shape)
    case .normal(let deviation): return draw(shape, &generator) { $0.normal() * deviation }
    case .truncatedNormal(let deviation): return draw(shape, &generator) { $0.truncatedNormal() * deviation }
    case .xavierUniform:
      let bound = (6 / (fanIn + fanOut)).squareRoot()
      return draw(shape, &generator) { $0.uniform(in: -bound...bound) }
    case .kaimingNormalFanOut:
      let deviation = (2 / fanOut).squareRoot()
      return draw(shape, &generator) { $0.normal() * deviation }
    case .uniformFanIn:
      let bound = 1 / fanIn.squareRoot()
      return draw(shape, &generator) { $0.uniform(in: -bound...bound) }
    }
  }

  /// Draws in blocks, each from a stream of its own, so that all cores can help.
  private func draw(_ shape: Shape, _ generator: inout Generator, _ next: (inout Generator) -> Float) -> Tensor {
    let tensor = Tensor.uninitialized(shape)
    let base = Generator(seed: generator.next())
    let block = 4096
    parallelFor(tensor.count, grain: block) { range in
      var stream = base.split(into: range.lowerBound / block)
      for i in range { tensor.floats[i] = next(&stream) }
    }
    return tensor
  }
}
