/// What the short words seen before became. One thread has it at a time.
///
/// A direct-mapped table of fixed size: a word that falls on another one's place replaces it, so it never grows, and no
/// text can make it slow. What it holds never changes a result.
struct WordCache: Sendable {
  /// Three words of text and its length: equal keys are equal words.
  typealias Key = SIMD4<UInt64>
  static let longestWord = 24

  private var keys: [Key]
  private var ids: [SIMD8<Int32>]
  private var counts: [UInt8]
  private static let size = 1 << 13

  init() {
    // No word has no bytes: zero is an empty place.
    keys = [Key](repeating: .zero, count: Self.size)
    ids = [SIMD8<Int32>](repeating: .zero, count: Self.size)
    counts = [UInt8](repeating: 0, count: Self.size)
  }

  /// The key of a word, or nil if it is too long. `text` holds the word and at least 24 bytes behind its start.
  @inline(__always)
  static func key(_ text: RawSpan, _ word: Range<Int>) -> Key? {
    guard word.count <= longestWord, word.lowerBound + longestWord <= text.byteCount else { return nil }
    var key = Key(
      text.unsafeLoadUnaligned(fromUncheckedByteOffset: word.lowerBound, as: UInt64.self),
      text.unsafeLoadUnaligned(fromUncheckedByteOffset: word.lowerBound + 8, as: UInt64.self),
      text.unsafeLoadUnaligned(fromUncheckedByteOffset: word.lowerBound + 16, as: UInt64.self),
      UInt64(word.count))
    let bits = UInt64(word.count) * 8
    // Smart shifts: 64 and more leave nothing.
    key[0] &= ~(~0 << bits)
    key[1] &= ~(~0 << (max(bits, 64) - 64))
    key[2] &= ~(~0 << (max(bits, 128) - 128))
    return key
  }

  @inline(__always)
  static func slot(_ key: Key) -> Int {
    Int(truncatingIfNeeded: mix(key[0] ^ mix(key[1] ^ mix(key[2] ^ key[3])))) & (size - 1)
  }

  /// Appends the tokens of a word that is known; false if it is not.
  @inline(__always)
  func append(_ key: Key, _ slot: Int, to output: inout [Int32]) -> Bool {
    guard keys[slot] == key else { return false }
    let known = ids[slot]
    for i in 0..<Int(counts[slot]) { output.append(known[i]) }
    return true
  }

  /// Remembers a word, unless it became too many tokens.
  mutating func remember(_ key: Key, _ slot: Int, _ tokens: ArraySlice<Int32>) {
    guard tokens.count <= 8 else { return }
    keys[slot] = key
    counts[slot] = UInt8(tokens.count)
    for (i, token) in tokens.enumerated() { ids[slot][i] = token }
  }
}
