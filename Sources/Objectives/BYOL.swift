import Encoders
import Layers
import Tensors

/// BYOL (Grill et al., "Bootstrap your own latent", 2020): from one view, predict what a slowly moving copy of the network
/// makes of the other. No negatives; the predictor and the slow copy keep it from collapsing.
public struct BYOL: TwoViewObjective {
  /// The online network's encoder.
  public let encoder: ProjectedEncoder
  /// q; the identity where it was taken away.
  public let predictor: ProjectionHead
  /// The target network.
  public let target: MomentumEncoder
  /// τ of the paper.
  public let momentum: MomentumSchedule

  /// An objective for an encoder.
  public init(
    _ encoder: ProjectedEncoder, predictor: HeadShape,
    momentum: MomentumSchedule = MomentumSchedule(0.996, rises: true),
    _ generator: inout Generator
  ) {
    self.encoder = encoder
    self.predictor = ProjectionHead(encoder.outputs, predictor, &generator)
    target = MomentumEncoder(following: encoder)
    self.momentum = momentum
  }

  /// Predictions of both views, and the target network's projections of both.
  public func embed(_ batch: Batch) -> [Tensor] {
    let (first, second) = batch.twoViews
    return [first, second].map { predictor(encoder($0)) } + [first, second].map { target($0) }
  }

  /// Each view predicts the other (equation 2, both ways round).
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    let (p1, p2, z1, z2) = (embeddings[0], embeddings[1], embeddings[2].detached, embeddings[3].detached)
    // ‖p̄ − z̄‖² = 2 − 2 cos(p, z)
    let total = 4 - 2 * (meanCosine(p1, z2) + meanCosine(p2, z1))
    return Loss(
      total, embeddings: [("student", p1.normalizedL2()), ("teacher", z2.normalizedL2())],
      observations: { [target, p1 = p1.detached] in
        [.prediction(p1, target: z2), .teacherDistance(target.distance)]
      })
  }

  /// The target network starts as a copy.
  public func didChangeEncoder() { target.startOver() }

  /// The target network follows.
  public func didStep(progress: Double) { target.follow(momentum: momentum(progress: progress)) }
}

/// The mean over rows of the cosine between each and its partner.
public func meanCosine(_ a: Tensor, _ b: Tensor) -> Tensor {
  guard a.rank == 2, a.shape == b.shape else { fatalError("cosine: \(a.shape) with \(b.shape)") }
  return (a.normalizedL2() * b.normalizedL2()).sum() / Float(max(1, a.shape[0]))
}
