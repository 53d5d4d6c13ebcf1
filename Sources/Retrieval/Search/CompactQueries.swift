import CKernels

/// Queries in the form that the compact scan takes; see ``CompactEmbeddings`` for the bounds.
struct CompactQueries {
  /// The codes that the queries point into.
  private let codes: AlignedMemory
  /// One for each query, without a threshold yet.
  let queries: [ck_search_query]

  /// Queries against rows of which none is longer than `largestNorm`; nil if one of them is not finite or so large that
  /// single precision would not hold the estimates.
  init?(_ rows: Embeddings, _ range: Range<Int>, against largestNorm: Float, kernels: SearchKernels) {
    let bytes = 4 * CompactEmbeddings.groups(rows.width)
    codes = AlignedMemory(bytes: bytes * range.count)
    let base = codes.base.assumingMemoryBound(to: Int8.self)
    var queries: [ck_search_query] = []
    for (place, row) in range.enumerated() {
      let values = rows.values(of: row)
      let norm = kernels.dot(values, values).squareRoot()
      guard norm < 1e15, largestNorm < 1e15 else { return nil }
      let scale = values.reduce(0) { max($0, $1.magnitude) } / 127
      let out = base + place * bytes
      var sum: Int32 = 0
      var lost = 0.0
      for (i, value) in values.enumerated() {
        let code = scale > 0 ? min(max((value / scale).rounded(.toNearestOrEven), -127), 127) : 0
        let rest = Double(value) - Double(scale) * Double(code)
        lost += rest * rest
        out[i] = Int8(code)
        sum += Int32(code)
      }
      let most = Double(largestNorm)
      let slack = most * lost.squareRoot() + 0x1p-20 * most * (norm + lost.squareRoot()) + 1e-30
      queries.append(
        ck_search_query(
          codes: out, scale: scale, shift: 128 * sum, norm: Float(norm * (1 + 0x1p-20)),
          slack: Float(slack * (1 + 0x1p-20)), threshold: -.infinity))
    }
    self.queries = queries
  }
}
