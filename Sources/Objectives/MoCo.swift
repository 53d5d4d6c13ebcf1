import Encoders
import Glibc
import Layers
import Tensors

/// Momentum contrast with a memory bank (He et al., 2020; Chen et al., "Improved baselines with momentum contrastive
/// learning", 2020: MoCo v2): a view picks the other, as a slowly moving encoder sees it, among the keys of many batches.
///
/// The paper shuffles keys between processes so that batch norm cannot tell which query belongs to which key. In one
/// process queries and keys pass as whole batches of their own, whose statistics no order can change.
public struct MoCo: TwoViewObjective {
  /// The encoder of queries.
  public let encoder: ProjectedEncoder
  /// The encoder of keys.
  public let target: MomentumEncoder
  /// The negatives.
  public let bank: MemoryBank
  /// τ
  public let temperature: Float
  /// How slowly keys' encoder moves.
  public let momentum: MomentumSchedule
  private let newest = NewestKeys()

  /// An objective for an encoder.
  public init(
    _ encoder: ProjectedEncoder, bank size: Int, temperature: Float = 0.2,
    momentum: MomentumSchedule = MomentumSchedule(0.999, rises: false), _ generator: inout Generator
  ) {
    self.encoder = encoder
    target = MomentumEncoder(following: encoder)
    bank = MemoryBank(size: size, width: encoder.outputs, &generator)
    self.temperature = temperature
    self.momentum = momentum
  }

  /// Queries of the first views and keys of the second, of length one.
  public func embed(_ batch: Batch) -> [Tensor] {
    let (first, second) = batch.twoViews
    return [encoder(first).normalizedL2(), target(second).normalizedL2()]
  }

  /// Each query's key against the bank.
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    let (queries, keys) = (embeddings[0], embeddings[1].detached)
    newest.keys = keys
    return Loss(
      bankContrast(queries, keys, bank: bank.keys.value, temperature: temperature),
      embeddings: [("student", queries), ("teacher", keys)], chance: log(Float(bank.size + 1)),
      observations: { [bank, target] in
        let ages = bank.ages(batch: embeddings[0].shape[0])
        return [.bank(meanAge: ages.mean, expected: ages.expected), .teacherDistance(target.distance)]
      })
  }

  /// The keys' encoder starts as a copy.
  public func didChangeEncoder() { target.startOver() }

  /// The keys' encoder follows, and the bank takes in the keys.
  public func didStep(progress: Double) {
    target.follow(momentum: momentum(progress: progress))
    if let keys = newest.keys { bank.take(keys) }
    newest.keys = nil
  }
}

/// The keys of the step that is being taken: a step that is skipped never reaches the bank.
private final class NewestKeys {
  var keys: Tensor?
}

/// Equation 1 of He et al., 2020: the cross-entropy of picking the own key among those of the bank.
///
/// - `queries`: `[n, width]`, of length one.
/// - `keys`: theirs, in the same order.
/// - `bank`: `[size, width]`; no gradient flows to it or to the keys.
public func bankContrast(_ queries: Tensor, _ keys: Tensor, bank: Tensor, temperature: Float) -> Tensor {
  guard queries.rank == 2, queries.shape == keys.shape, bank.rank == 2, bank.shape[1] == queries.shape[1] else {
    fatalError("MoCo: queries \(queries.shape), keys \(keys.shape), bank \(bank.shape)")
  }
  let n = queries.shape[0]
  let own = (queries * keys.detached).sum(axis: 1).reshaped([n, 1])
  let others = queries.matmul(bank.detached, transposingOther: true)
  let logits = Tensor.concatenated([own, others], axis: 1) / temperature
  return logits.softmaxCrossEntropy(Tensor(ids: Array(repeating: 0, count: n), [n]))
}
