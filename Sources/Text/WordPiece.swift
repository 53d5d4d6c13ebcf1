/// WordPiece (Wu et al. 2016; Devlin et al. 2019): the longest token that a word starts with, then the longest one that
/// goes on from there. A word that cannot be spelt to its end is unknown as a whole.
package struct WordPiece: Sendable {
  /// The tokens.
  package let vocabulary: Vocabulary
  /// Starts the tokens that go on inside a word.
  let continuation: [UInt8]
  let unknown: Int32
  /// Longer words are unknown.
  let longestWord: Int

  init(vocabulary: Vocabulary, continuation: String, unknown: Int32, longestWord: Int) {
    self.vocabulary = vocabulary
    self.continuation = Array(continuation.utf8)
    self.unknown = unknown
    self.longestWord = longestWord
  }

  /// Memory that is used again for each word.
  struct Scratch: Sendable {
    fileprivate var spelling: [UInt8] = []
  }

  /// Appends the tokens of a word.
  func encode(_ word: Span<UInt8>, into ids: inout [Int32], _ scratch: inout Scratch) {
    // More than four bytes a character there are not; no need to count those of a word of a megabyte.
    guard word.count <= 4 * longestWord, characterCount(word) <= longestWord else { return ids.append(unknown) }
    let firstID = ids.count
    let prefix = continuation.count
    // The word behind room for the prefix: over what has been spelt, the prefix is written again and again.
    scratch.spelling.removeAll(keepingCapacity: true)
    scratch.spelling.append(contentsOf: repeatElement(0, count: prefix))
    for i in word.indices { scratch.spelling.append(word[i]) }

    var start = 0
    while start < word.count {
      let from = start == 0 ? prefix : start
      if start > 0 { for i in 0..<prefix { scratch.spelling[start + i] = continuation[i] } }
      var end = min(scratch.spelling.count, from + vocabulary.longestToken)
      var found: Int32?
      while end > start + prefix {
        // Tokens are whole characters: 10xxxxxx continues one.
        if end == scratch.spelling.count || scratch.spelling[end] & 0xC0 != 0x80 {
          found = vocabulary.id(of: scratch.spelling.span.bytes.extracting(from..<end))
          if found != nil { break }
        }
        end -= 1
      }
      guard let found else {
        ids.removeSubrange(firstID...)
        return ids.append(unknown)
      }
      ids.append(found)
      start = end - prefix
    }
  }

  private func characterCount(_ word: Span<UInt8>) -> Int {
    word.indices.count { word[$0] & 0xC0 != 0x80 }
  }
}
