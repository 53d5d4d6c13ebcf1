/// Byte-pair encoding over bytes (Sennrich et al. 2016, section 3.2; Radford et al. 2019, section 2.2).
///
/// A word starts as its bytes, and the adjacent pair that was learned first merges, the leftmost one of equals, until no
/// pair is known. Nothing is ever out of vocabulary as long as the vocabulary has all bytes.
package struct BytePairEncoding: Sendable {
  /// The tokens, spelt in ``ByteAlphabet``.
  package let vocabulary: Vocabulary
  /// What marks the last token of a word: `</w>` for CLIP, nothing for GPT-2.
  let endOfWord: String
  let ranks: MergeRanks
  /// The token of each byte, inside a word and at its end; `missing` where the vocabulary has none.
  private let innerTokens: [Int32]
  private let lastTokens: [Int32]
  private static let missing: Int32 = -1

  /// - Parameter unknown: stands for bytes without a token; without it they are left out.
  init(vocabulary: Vocabulary, ranks: MergeRanks, endOfWord: String, unknown: Int32?) {
    self.vocabulary = vocabulary
    self.ranks = ranks
    self.endOfWord = endOfWord
    let fallback = unknown ?? Self.missing
    innerTokens = ByteAlphabet.characters.map { vocabulary.id(of: String($0)) ?? fallback }
    lastTokens = ByteAlphabet.characters.map { vocabulary.id(of: String($0) + endOfWord) ?? fallback }
  }

  /// Memory that is used again for each word.
  struct Scratch: Sendable {
    /// The tokens so far and, for each, the rank and result of merging it with the next one.
    fileprivate var tokens: [Int32] = []
    fileprivate var merges: [MergeRanks.Merge] = []
    fileprivate var links = LinkedTokens()
  }

  /// Words up to this length are merged by looking for the best pair anew each time, longer ones with a heap.
  private static let longWord = 40

  /// Appends the tokens of a word.
  func encode(_ word: Span<UInt8>, into ids: inout [Int32], _ scratch: inout Scratch) {
    scratch.tokens.removeAll(keepingCapacity: true)
    for i in word.indices {
      let token = i == word.count - 1 ? lastTokens[Int(word[i])] : innerTokens[Int(word[i])]
      if token != Self.missing { scratch.tokens.append(token) }
    }
    if scratch.tokens.count > Self.longWord {
      scratch.links.merge(scratch.tokens, ranks, into: &ids)
    } else {
      mergeShort(&scratch)
      ids.append(contentsOf: scratch.tokens)
    }
  }

  private static let noMerge = MergeRanks.Merge(rank: .max, merged: -1)

  private func mergeShort(_ scratch: inout Scratch) {
    var count = scratch.tokens.count
    guard count > 1 else { return }
    scratch.merges.removeAll(keepingCapacity: true)
    for i in 1..<count { scratch.merges.append(ranks[scratch.tokens[i - 1], scratch.tokens[i]] ?? Self.noMerge) }
    scratch.tokens.withUnsafeMutableBufferPointer { tokens in
      scratch.merges.withUnsafeMutableBufferPointer { merges in
        while count > 1 {
          var best = 0
          for i in 1..<count - 1 where merges[i].rank < merges[best].rank { best = i }
          guard merges[best].rank != .max else { break }
          tokens[best] = merges[best].merged
          for i in best + 1..<count - 1 {
            tokens[i] = tokens[i + 1]
            merges[i - 1] = merges[i]
          }
          count -= 1
          if best > 0 { merges[best - 1] = ranks[tokens[best - 1], tokens[best]] ?? Self.noMerge }
          if best < count - 1 { merges[best] = ranks[tokens[best], tokens[best + 1]] ?? Self.noMerge }
        }
      }
    }
    scratch.tokens.removeSubrange(count...)
  }
}

/// The tokens of a long word as a linked list, with a heap of the pairs that may merge: n log n for n bytes.
private struct LinkedTokens: Sendable {
  private var tokens: [Int32] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  /// Rank and position in one number: the smallest rank first, and of equal ranks the leftmost.
  private var heap = Heap<UInt64>()

  mutating func merge(_ word: [Int32], _ ranks: MergeRanks, into ids: inout [Int32]) {
    tokens = word
    next = (0..<word.count).map { Int32($0 + 1) }
    next[word.count - 1] = -1
    previous = (0..<word.count).map { Int32($0 - 1) }
    heap.removeAll()
    for i in 1..<word.count { push(Int32(i - 1), ranks) }

    while let entry = heap.popMin() {
      let (rank, left) = (UInt32(entry >> 32), Int32(truncatingIfNeeded: entry & 0xFFFF_FFFF))
      // A pair that has changed since it was pushed is no longer what its entry says.
      let right = next[Int(left)]
      guard tokens[Int(left)] >= 0, right >= 0 else { continue }
      guard let merge = ranks[tokens[Int(left)], tokens[Int(right)]], merge.rank == rank else { continue }
      tokens[Int(left)] = merge.merged
      tokens[Int(right)] = -1
      next[Int(left)] = next[Int(right)]
      if next[Int(left)] >= 0 {
        previous[Int(next[Int(left)])] = left
        push(left, ranks)
      }
      if previous[Int(left)] >= 0 { push(previous[Int(left)], ranks) }
    }
    ids.append(contentsOf: tokens.lazy.filter { $0 >= 0 })
  }

  private mutating func push(_ left: Int32, _ ranks: MergeRanks) {
    guard let merge = ranks[tokens[Int(left)], tokens[Int(next[Int(left)])]] else { return }
    heap.push(UInt64(merge.rank) << 32 | UInt64(left))
  }
}
