import CKernels
import Tensors

/// Rows that can be searched: a compact form that is scanned, and the exact rows that decide.
package struct SearchableRows: Sendable {
  /// What is scanned.
  package let compact: CompactEmbeddings
  /// What decides.
  package let exact: any RowSource
  let kernels: SearchKernels

  /// A compact form with the rows that it was made of.
  package init(compact: CompactEmbeddings, exact: any RowSource, kernels: SearchKernels = .best) {
    guard compact.count == exact.count, compact.width == exact.width else {
      fatalError(
        "SearchableRows: [\(compact.count), \(compact.width)] compact, [\(exact.count), \(exact.width)] exact rows")
    }
    self.compact = compact
    self.exact = exact
    self.kernels = kernels
  }

  /// Rows in memory.
  package init(_ rows: Embeddings, kernels: SearchKernels = .best) {
    self.init(compact: CompactEmbeddings(rows, kernels: kernels), exact: rows, kernels: kernels)
  }

  /// How many rows there are.
  package var count: Int { compact.count }
  /// Numbers in a row.
  package var width: Int { compact.width }

  /// The `k` nearest rows of each query, best first: exactly those, with exactly those scores, that
  /// ``Embeddings/nearest(_:to:kernels:)`` gives. May be called from several threads.
  package func nearest(_ k: Int, to queries: Embeddings) throws -> [[Hit]] {
    guard queries.width == width else {
      fatalError("nearest: queries of \(queries.width) numbers, rows of \(width)")
    }
    let k = min(max(k, 0), count)
    guard k > 0, queries.count > 0 else { return Array(repeating: [], count: queries.count) }
    var found: [[Hit]] = []
    found.reserveCapacity(queries.count)
    for first in stride(from: 0, to: queries.count, by: 64) {
      let group = first..<min(queries.count, first + 64)
      let prepared = CompactQueries(queries, group, against: compact.largestNorm, kernels: kernels)
      // Without bounds, every row is a candidate.
      let candidates = prepared.map { self.candidates(k, $0) } ?? group.map { _ in Array(0..<count) }
      for (place, query) in group.enumerated() {
        let hits = try scores(of: candidates[place], for: queries.values(of: query))
        var best = BoundedHeap<Hit>(limit: k)
        for hit in hits { best.offer(hit) }
        found.append(best.elements.sorted(by: >))
      }
    }
    return found
  }

  /// The rows that may be among the nearest `k` of each query.
  private func candidates(_ k: Int, _ prepared: CompactQueries) -> [[Int]] {
    let lists = prepared.queries.map { _ in Shortlist(k: k) }
    scan(prepared, threshold: { lists[$0].threshold }, found: { lists[$0].add($1) })
    return lists.map { $0.finish() }
  }

  /// Goes through all rows and calls `found` for each query and panel of which a row's upper bound reaches the query's
  /// threshold at that time; from several threads.
  func scan(_ prepared: CompactQueries, threshold: (Int) -> Float, found: (Int, PanelOfCandidates) -> Void) {
    let (layout, groups, table) = (compact.layout, CompactEmbeddings.groups(width), kernels.table)
    let (count, panelRows, queries) = (count, CompactEmbeddings.panelRows, prepared.queries.count)
    parallelFor(CompactEmbeddings.panels(count), grain: 16) { panels in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: queries * panelRows) { estimates in
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: queries) { masks in
          guard let estimates = estimates.baseAddress, let masks = masks.baseAddress else { return }
          var current = prepared.queries
          for panel in panels {
            let first = panel * panelRows
            for q in 0..<queries { current[q].threshold = threshold(q) }
            let errors = layout.errors + first
            table.pointee.scan(
              layout.codes(of: panel), groups, layout.scales + first, errors, current, queries, estimates, masks)
            let present: UInt64 = first + panelRows <= count ? .max : 1 << UInt64(count - first) - 1
            for q in 0..<queries where masks[q] & present != 0 {
              found(
                q,
                PanelOfCandidates(
                  first: first, mask: masks[q] & present, estimates: estimates + q * panelRows, errors: errors,
                  norm: current[q].norm, slack: current[q].slack))
            }
          }
        }
      }
    }
  }

  /// The exact scores of some rows, in their order.
  func scores(of rows: [Int], for query: UnsafeBufferPointer<Float>) throws -> [Hit] {
    var hits = [Hit](repeating: Hit(row: 0, score: 0), count: rows.count)
    let failure = Locked<(any Error)?>(nil)
    hits.withUnsafeMutableBufferPointer { hits in
      nonisolated(unsafe) let (hits, query) = (hits, query)
      parallelFor(rows.count, grain: 128) { range in
        var place = range.lowerBound
        do {
          try exact.forEach(of: rows[range]) { row, values in
            hits[place] = Hit(row: row, score: kernels.dot(values, query))
            place += 1
          }
        } catch {
          failure.withLock { $0 = error }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return hits
  }
}
