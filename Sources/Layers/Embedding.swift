import Tensors

/// A vector for each id.
public struct Embedding: Module {
  /// `[vocabulary, width]`
  public let weight: Parameter

  /// A table of `vocabulary` vectors.
  public init(
    _ vocabulary: Int, _ width: Int, weights: Initialization = .normal(deviation: 0.02), _ generator: inout Generator
  ) {
    weight = Parameter(weights([vocabulary, width], &generator))
  }

  /// ids: `[…]` → `[…, width]`
  public func callAsFunction(_ ids: Tensor) -> Tensor { weight.tensor.rows(at: ids) }
}
