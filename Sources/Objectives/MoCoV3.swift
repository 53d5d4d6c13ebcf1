import Encoders
import Glibc
import Layers
import Tensors

/// MoCo v3 (Chen et al., "An empirical study of training self-supervised vision transformers", 2021, algorithm 1): no
/// bank; the predictions of each view pick the keys of the other within a large batch.
public struct MoCoV3: TwoViewObjective {
  /// The encoder of queries.
  public let encoder: ProjectedEncoder
  /// Behind it; the identity where it was taken away.
  public let predictor: ProjectionHead
  /// The encoder of keys.
  public let target: MomentumEncoder
  /// τ
  public let temperature: Float
  /// How slowly keys' encoder moves.
  public let momentum: MomentumSchedule

  /// An objective for an encoder.
  public init(
    _ encoder: ProjectedEncoder, predictor: HeadShape, temperature: Float = 1,
    momentum: MomentumSchedule = MomentumSchedule(0.99, rises: true), _ generator: inout Generator
  ) {
    self.encoder = encoder
    self.predictor = ProjectionHead(encoder.outputs, predictor, &generator)
    target = MomentumEncoder(following: encoder)
    self.temperature = temperature
    self.momentum = momentum
  }

  /// Queries and keys of both views, of length one.
  public func embed(_ batch: Batch) -> [Tensor] {
    let (first, second) = batch.twoViews
    return [first, second].map { predictor(encoder($0)).normalizedL2() }
      + [first, second].map { target($0).normalizedL2() }
  }

  /// ctr(q₁, k₂) + ctr(q₂, k₁)
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    let (q1, q2, k1, k2) = (embeddings[0], embeddings[1], embeddings[2].detached, embeddings[3].detached)
    return Loss(
      batchContrast(q1, k2, temperature: temperature) + batchContrast(q2, k1, temperature: temperature),
      embeddings: [("student", q1), ("teacher", k2)],
      chance: 4 * temperature * log(Float(max(1, embeddings[0].shape[0]))),
      observations: { [target] in [.teacherDistance(target.distance)] })
  }

  /// The keys' encoder starts as a copy.
  public func didChangeEncoder() { target.startOver() }

  /// The keys' encoder follows.
  public func didStep(progress: Double) { target.follow(momentum: momentum(progress: progress)) }
}

/// 2τ times the cross-entropy of picking the own key among those of the batch; the factor keeps the size of gradients
/// when τ changes (Chen et al., 2021, algorithm 1).
public func batchContrast(_ queries: Tensor, _ keys: Tensor, temperature: Float) -> Tensor {
  guard queries.rank == 2, queries.shape == keys.shape else {
    fatalError("MoCo v3: queries \(queries.shape) with keys \(keys.shape)")
  }
  let n = queries.shape[0]
  let logits = queries.matmul(keys.detached, transposingOther: true) / temperature
  return logits.softmaxCrossEntropy(Tensor(ids: (0..<Int32(n)).map { $0 }, [n])) * (2 * temperature)
}
