import CKernels
import Tensors

extension SearchableRows {
  /// For each query the rank, from 1, of the best of the rows that belong to it: one more than the rows that come before
  /// it in the order of results. A query without rows of its own is an error of the caller.
  ///
  /// No list of scores is kept: memory does not grow with the product of rows and queries. The bounds of the compact
  /// form decide about nearly all rows; those whose interval holds the own row's score are scored exactly.
  package func ranks(of own: [[Int]], for queries: Embeddings) throws -> [Int] {
    guard own.count == queries.count, queries.width == width, own.allSatisfy({ !$0.isEmpty }) else {
      fatalError("ranks: rows for \(own.count) queries, [\(queries.count), \(queries.width)] queries")
    }
    var ranks: [Int] = []
    for first in stride(from: 0, to: queries.count, by: 64) {
      let group = first..<min(queries.count, first + 64)
      let best = try group.map { query in
        try scores(of: own[query], for: queries.values(of: query)).max() ?? Hit(row: 0, score: 0)
      }
      guard let prepared = CompactQueries(queries, group, against: compact.largestNorm, kernels: kernels) else {
        for (place, query) in group.enumerated() {
          let all = try scores(of: Array(0..<count), for: queries.values(of: query))
          ranks.append(1 + all.count { best[place] < $0 })
        }
        continue
      }
      let tallies = group.map { _ in Tally() }
      scan(prepared, threshold: { Float(best[$0].score).nextDown }) { place, panel in
        let score = Float(best[place].score)
        tallies[place].add(panel, above: score.nextUp)
      }
      for (place, query) in group.enumerated() {
        let (surely, perhaps) = tallies[place].result
        let doubtful = try scores(of: perhaps, for: queries.values(of: query))
        ranks.append(1 + surely + doubtful.count { best[place] < $0 })
      }
    }
    return ranks
  }
}

/// How many rows come before a score, and which may.
private final class Tally: Sendable {
  private let state = Locked((surely: 0, perhaps: [Int]()))

  func add(_ panel: PanelOfCandidates, above score: Float) {
    state.withLock { state in
      for (row, lower, _) in panel {
        if lower > score { state.surely += 1 } else { state.perhaps.append(row) }
      }
    }
  }

  var result: (surely: Int, perhaps: [Int]) { state.withLock { ($0.surely, $0.perhaps.sorted()) } }
}
