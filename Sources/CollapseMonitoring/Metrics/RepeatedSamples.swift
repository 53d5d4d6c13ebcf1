import Objectives
import Tensors

/// How much of a batch is there more than once: such samples are each other's false negatives.
public struct RepeatedSamples: Sendable, Equatable {
  /// The share of samples whose picture is.
  public let pictures: Double
  /// The share of samples whose text is.
  public let texts: Double

  /// Of a batch. Pictures are known by their numbers; where they have none, by some of their values.
  public init(_ batch: Batch, limit: Int) {
    pictures =
      batch.pictures.isEmpty
      ? Self.repeatedShare(Self.contents(batch.views.first, limit)) : Self.repeatedShare(batch.pictures)
    texts = Self.repeatedShare(Self.contents(batch.ids, batch.count))
  }

  private static func repeatedShare<Key: Hashable>(_ keys: [Key]) -> Double {
    var counts: [Key: Int] = [:]
    for key in keys { counts[key, default: 0] += 1 }
    return Double(keys.count { (counts[$0] ?? 0) > 1 }) / Double(max(1, keys.count))
  }

  /// Up to 64 values of each sample, spread over it.
  private static func contents(_ tensor: Tensor?, _ limit: Int) -> [[Float]] {
    guard let tensor, tensor.rank > 0, tensor.shape[0] > 0 else { return [] }
    let length = tensor.count / tensor.shape[0]
    return (0..<min(limit, tensor.shape[0])).map { row in
      let values = tensor.sliced(row..<row + 1).values
      return stride(from: 0, to: length, by: max(1, length / 64)).map { values[$0] }
    }
  }
}
