import CKernels
import Tensors

/// Embeddings: `count` rows of `width` numbers, one row after the other. They never change.
package final class Embeddings: Sendable {
  /// How many rows there are.
  package let count: Int
  /// Numbers in a row.
  package let width: Int
  private let memory: AlignedMemory

  /// Rows that `fill` writes; what it leaves out is zero.
  package init<Failure: Error>(
    count: Int, width: Int, fill: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    let (numbers, overflow) = count.multipliedReportingOverflow(by: width)
    guard count >= 0, width >= 0, !overflow, numbers < Int.max / 8 else {
      fatalError("Embeddings: \(count) rows of \(width) numbers")
    }
    self.count = count
    self.width = width
    memory = AlignedMemory(bytes: numbers * MemoryLayout<Float>.size)
    let start = memory.base.bindMemory(to: Float.self, capacity: numbers)
    try fill(UnsafeMutableBufferPointer(start: start, count: numbers))
  }

  /// Rows from an array.
  package convenience init(_ numbers: [Float], width: Int) {
    let count = width == 0 ? 0 : numbers.count / width
    guard count * width == numbers.count else {
      fatalError("Embeddings: \(numbers.count) numbers are no rows of \(width)")
    }
    self.init(count: count, width: width) { out in
      _ = out.update(fromContentsOf: numbers)
    }
  }

  /// Calls `body` with the numbers of all rows, which must not be used afterwards.
  package func withNumbers<Value, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    defer { withExtendedLifetime(self) {} }
    return try body(numbers)
  }

  /// The numbers of a row.
  package subscript(row: Int) -> [Float] {
    withNumbers { Array($0[row * width..<(row + 1) * width]) }
  }

  // Both are good as long as somebody holds this object: a method of it, or one that has it as an argument.
  private var numbers: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: UnsafePointer(memory.base.assumingMemoryBound(to: Float.self)), count: count * width)
  }
  func values(of row: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: numbers[row * width..<(row + 1) * width])
  }

  /// The rows of several, one after the other.
  package convenience init(joining parts: [Embeddings], width: Int) {
    self.init(count: parts.reduce(0) { $0 + $1.count }, width: width) { out in
      var start = 0
      for part in parts where part.count > 0 {
        guard part.width == width else {
          fatalError("Embeddings: rows of \(part.width) numbers among those of \(width)")
        }
        part.withNumbers { _ = UnsafeMutableBufferPointer(rebasing: out[start...]).update(fromContentsOf: $0) }
        start += part.count * width
      }
    }
  }

  /// Some of the rows, in the order given.
  package func rows(_ chosen: some Collection<Int>) -> Embeddings {
    Embeddings(count: chosen.count, width: width) { out in
      for (place, row) in chosen.enumerated() {
        _ = UnsafeMutableBufferPointer(rebasing: out[place * width..<(place + 1) * width])
          .update(fromContentsOf: values(of: row))
      }
    }
  }

  /// The rows divided by their lengths, so that a product of two is their cosine. A row of zeros stays one.
  package func normalized() -> Embeddings {
    let kernels = SearchKernels.best
    return Embeddings(count: count, width: width) { out in
      nonisolated(unsafe) let out = out
      parallelFor(count, grain: 256) { rows in
        for row in rows {
          let values = values(of: row)
          let square = kernels.dot(values, values)
          let factor = square > 0 ? 1 / square.squareRoot() : 1
          for i in 0..<width { out[row * width + i] = Float(Double(values[i]) * factor) }
        }
      }
    }
  }
}
