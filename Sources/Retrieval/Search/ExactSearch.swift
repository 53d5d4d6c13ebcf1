import CKernels
import Tensors

extension Embeddings {
  /// The `k` nearest rows of each query, best first: all rows are scored in double precision.
  package func nearest(_ k: Int, to queries: Embeddings, kernels: SearchKernels = .best) -> [[Hit]] {
    guard queries.width == width else {
      fatalError("nearest: queries of \(queries.width) numbers, rows of \(width)")
    }
    let k = min(max(k, 0), count)
    guard k > 0, queries.count > 0 else { return Array(repeating: [], count: queries.count) }
    var found: [[Hit]] = []
    // As many queries at a time as stay in the cache beside a piece of the rows.
    for first in stride(from: 0, to: queries.count, by: 32) {
      let group = first..<min(queries.count, first + 32)
      let best = group.map { _ in SharedHits(limit: k) }
      parallelFor(count, grain: 2048) { rows in
        var own = group.map { _ in BoundedHeap<Hit>(limit: k) }
        for piece in stride(from: rows.lowerBound, to: rows.upperBound, by: 64) {
          for (place, query) in group.enumerated() {
            let values = queries.values(of: query)
            for row in piece..<min(rows.upperBound, piece + 64) {
              own[place].offer(Hit(row: row, score: kernels.dot(self.values(of: row), values)))
            }
          }
        }
        for (place, hits) in own.enumerated() { best[place].merge(hits) }
      }
      found += best.map(\.sorted)
    }
    return found
  }
}

/// The best hits of several threads.
private final class SharedHits: Sendable {
  private let heap: Locked<BoundedHeap<Hit>>

  init(limit: Int) { heap = Locked(BoundedHeap(limit: limit)) }

  func merge(_ hits: BoundedHeap<Hit>) {
    heap.withLock { heap in
      for hit in hits.elements { heap.offer(hit) }
    }
  }

  var sorted: [Hit] { heap.withLock { $0.elements.sorted(by: >) } }
}
