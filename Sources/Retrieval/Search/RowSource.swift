/// Where a search finds the exact numbers of a row: in memory, or in a file of which only the compact form was loaded.
package protocol RowSource: Sendable {
  /// How many rows there are.
  var count: Int { get }
  /// Numbers in a row.
  var width: Int { get }
  /// Calls `body` with each of the rows, in the order given.
  func forEach(of rows: ArraySlice<Int>, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) throws
}

extension Embeddings: RowSource {
  /// Calls `body` with each of the rows.
  package func forEach(of rows: ArraySlice<Int>, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) {
    for row in rows { body(row, values(of: row)) }
  }
}
