import Encoders
import Layers
import Tensors

/// SimSiam (Chen and He, "Exploring simple Siamese representation learning", 2021): predict one view's projection from the
/// other's, where the one that is predicted gets no gradient. Nothing else keeps it from collapsing.
public struct SimSiam: TwoViewObjective {
  /// Encoder and projector, the same for both views.
  public let encoder: ProjectedEncoder
  /// h; the identity where it was taken away.
  public let predictor: ProjectionHead
  /// Whether the target gets no gradient. Without this the network learns a constant within a few steps (section 4.1).
  public let stopsGradient: Bool

  /// An objective for an encoder.
  public init(
    _ encoder: ProjectedEncoder, predictor: HeadShape, stopsGradient: Bool = true, _ generator: inout Generator
  ) {
    self.encoder = encoder
    self.predictor = ProjectionHead(encoder.outputs, predictor, &generator)
    self.stopsGradient = stopsGradient
  }

  /// Predictions of both views, and their projections.
  public func embed(_ batch: Batch) -> [Tensor] {
    let (first, second) = batch.twoViews
    let projections = [encoder(first), encoder(second)]
    return projections.map { predictor($0) } + projections
  }

  /// Algorithm 1: the mean of −cos(p₁, z₂) and −cos(p₂, z₁).
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    let (p1, p2) = (embeddings[0], embeddings[1])
    let (z1, z2) = stopsGradient ? (embeddings[2].detached, embeddings[3].detached) : (embeddings[2], embeddings[3])
    return Loss(
      -0.5 * (meanCosine(p1, z2) + meanCosine(p2, z1)),
      embeddings: [("view1", z1.detached.normalizedL2()), ("view2", z2.detached.normalizedL2())],
      observations: { [p1 = p1.detached, z2 = z2.detached] in [.prediction(p1, target: z2)] })
  }
}
