/// Texts as rows of ids of one length: cut, or filled up with the padding token.
public struct TokenBatch: Sendable, Equatable {
  /// The rows, one after the other.
  public internal(set) var ids: [Int32]
  /// How many ids of each row are not padding.
  public internal(set) var lengths: [Int]
  /// The length of all rows.
  public let length: Int

  /// How many rows there are.
  public var count: Int { lengths.count }

  /// The same texts without the padding that all of them have.
  public var trimmed: TokenBatch {
    let least = max(1, lengths.max() ?? length)
    let kept = (0..<count).flatMap { ids[$0 * length..<$0 * length + least] }
    return TokenBatch(ids: kept, lengths: lengths, length: least)
  }

  /// The ids of a row, padding included.
  public subscript(row: Int) -> ArraySlice<Int32> { ids[row * length..<(row + 1) * length] }
}
