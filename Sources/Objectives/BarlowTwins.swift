import Encoders
import Layers
import Tensors

/// Barlow Twins (Zbontar et al., "Self-supervised learning via redundancy reduction", 2021): the correlations between the
/// features of two views should be the identity matrix.
public struct BarlowTwins: TwoViewObjective {
  /// Encoder and projector.
  public let encoder: ProjectedEncoder
  /// λ: the weight of the correlations between different features.
  public let redundancyWeight: Float
  /// What the whole loss is multiplied by; the authors' code and those after it do so, and give their rates for that.
  public let scale: Float

  /// An objective for an encoder.
  public init(_ encoder: ProjectedEncoder, redundancyWeight: Float = 0.005, scale: Float = 1) {
    self.encoder = encoder
    self.redundancyWeight = redundancyWeight
    self.scale = scale
  }

  /// The projections of both views.
  public func embed(_ batch: Batch) -> [Tensor] {
    let (first, second) = batch.twoViews
    return [encoder(first), encoder(second)]
  }

  /// How far the correlations are from the identity.
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    let (invariance, redundancy) = redundancyReduction(embeddings[0], embeddings[1])
    return Loss(
      (invariance + redundancy * redundancyWeight) * scale,
      parts: [("invariance", invariance.scalar), ("redundancy", redundancy.scalar)],
      embeddings: [
        ("view1", embeddings[0].detached.normalizedL2()), ("view2", embeddings[1].detached.normalizedL2()),
      ])
  }
}

/// Equation 1 of Zbontar et al., 2021, in its two parts: Σ (1 − Cᵢᵢ)² and Σ Cᵢⱼ² of i ≠ j, where C are the correlations
/// over the batch between the features of the first and of the second view.
public func redundancyReduction(_ first: Tensor, _ second: Tensor) -> (invariance: Tensor, redundancy: Tensor) {
  guard first.rank == 2, first.shape == second.shape else {
    fatalError("Barlow Twins: views \(first.shape) with \(second.shape)")
  }
  let (n, width) = (first.shape[0], first.shape[1])
  func standardized(_ x: Tensor) -> Tensor { x.batchNorm(nil, nil, epsilon: 1e-5).output }
  let correlations =
    standardized(first).matmul(standardized(second), transposingSelf: true) / Float(max(1, n))
  let squares = (correlations - diagonal(1, width)).squared()
  return ((squares * diagonal(1, width)).sum(), (squares * (1 - diagonal(1, width))).sum())
}
