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

  /// The ids of a row, padding included.
  public subscript(row: Int) -> ArraySlice<Int32> { ids[row * length..<(row + 1) * length] }
}

/// Which token's output stands for the whole text.
public enum EndOfText: Sendable, Equatable {
  /// The highest id: the end token is the last of CLIP's vocabulary.
  case highestID
  /// The first end token.
  case first(Int32)

  /// What Hugging Face's `config.json` means. The CLIP models of OpenAI say `eos_token_id: 2`, which is wrong, and are
  /// pooled at the highest id instead.
  public init(eosTokenID: Int) {
    self = eosTokenID == 2 ? .highestID : .first(Int32(clamping: eosTokenID))
  }

  /// The position in each row of the token that stands for it; the first one where there is none.
  public func positions(in batch: TokenBatch) -> [Int] {
    (0..<batch.count).map { row in
      let ids = batch[row]
      let index: Int? =
        switch self {
        case .highestID: ids.max().flatMap { ids.firstIndex(of: $0) }
        case .first(let end): ids.firstIndex(of: end)
        }
      return (index ?? ids.startIndex) - ids.startIndex
    }
  }
}
