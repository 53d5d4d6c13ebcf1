import Tensors

/// A bounded number of a batch's embeddings: what the monitor looks at, so that it costs the same for any batch.
public struct EmbeddingSample: Sendable {
  /// The encoder or view that made them.
  public let name: String
  /// As the objective has them.
  package let rows: Rows
  /// Each at length 1.
  package let directions: Rows

  /// Rows spread evenly over a batch `[batch, width]`. Samples of one batch and one limit have the same rows, so that
  /// pairs stay pairs.
  public init(_ name: String, _ embeddings: Tensor, limit: Int) {
    guard embeddings.rank == 2 else { fatalError("embeddings for the monitor: \(embeddings.shape) is no matrix") }
    let (batch, width) = (embeddings.shape[0], embeddings.shape[1])
    let count = min(batch, max(1, limit))
    var values: [Double] = []
    values.reserveCapacity(count * width)
    for i in 0..<count {
      let row = i * batch / count
      for value in embeddings.sliced(row..<row + 1).values { values.append(Double(value)) }
    }
    self.init(name, Rows(count: count, width: width, values))
  }

  package init(_ name: String, _ rows: Rows) {
    self.name = name
    self.rows = rows
    directions = rows.normalized
  }

  /// Whether all numbers are.
  public var isFinite: Bool { rows.values.allSatisfy(\.isFinite) }
  /// How many embeddings there are.
  public var count: Int { rows.count }
  /// How many dimensions they have.
  public var width: Int { rows.width }
}
