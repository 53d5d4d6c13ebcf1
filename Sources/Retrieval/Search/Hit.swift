/// A row that was found, and how near it is.
package struct Hit: Sendable, Comparable {
  /// The row.
  package let row: Int
  /// The inner product with the query; for rows and queries of length 1 their cosine. NaN counts as -∞.
  package let score: Double

  /// A row with its score.
  package init(row: Int, score: Double) {
    self.row = row
    self.score = score.isNaN ? -.infinity : score
  }

  /// Whether another hit comes before this one in a list of results: higher scores come first, and of equal ones the
  /// lower row.
  package static func < (a: Hit, b: Hit) -> Bool {
    a.score != b.score ? a.score < b.score : a.row > b.row
  }
}
