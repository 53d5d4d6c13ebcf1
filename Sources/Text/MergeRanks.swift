/// Which pairs of tokens merge, how early, and into what.
package struct MergeRanks: Sendable {
  struct Merge {
    /// The place in the list of merges: smaller merges first.
    var rank: UInt32
    /// The token that the pair becomes.
    var merged: Int32
  }

  private struct Entry {
    var pair: UInt64
    var merge: Merge
  }

  /// Open addressing at half full at most; no pair has the id −1 twice.
  private var entries: [Entry]
  private var count = 0
  private static let empty = Entry(pair: .max, merge: Merge(rank: .max, merged: -1))

  init(capacity: Int = 0) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    entries = [Entry](repeating: Self.empty, count: size)
  }

  /// Of two merges of the same pair the later one counts, as in the reference implementations.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    if (count + 1) * 2 > entries.count { grow() }
    place(Entry(pair: Self.key(left, right), merge: merge))
  }

  @inline(__always)
  subscript(left: Int32, right: Int32) -> Merge? {
    let pair = Self.key(left, right)
    let mask = entries.count - 1
    var slot = Int(truncatingIfNeeded: mix(pair)) & mask
    while entries[slot].pair != pair {
      if entries[slot].pair == .max { return nil }
      slot = (slot + 1) & mask
    }
    return entries[slot].merge
  }

  /// All merges in the order in which they were learned.
  var inOrder: [(left: Int32, right: Int32)] {
    entries.filter { $0.pair != .max }.sorted { $0.merge.rank < $1.merge.rank }.map { entry in
      (Int32(truncatingIfNeeded: entry.pair >> 32), Int32(truncatingIfNeeded: entry.pair & 0xFFFF_FFFF))
    }
  }

  /// Which of the first ids a merge results in.
  func marks(upTo size: Int) -> [Bool] {
    var marks = [Bool](repeating: false, count: size)
    for entry in entries where entry.pair != .max { marks[Int(entry.merge.merged)] = true }
    return marks
  }

  private mutating func place(_ entry: Entry) {
    let mask = entries.count - 1
    var slot = Int(truncatingIfNeeded: mix(entry.pair)) & mask
    while entries[slot].pair != .max && entries[slot].pair != entry.pair { slot = (slot + 1) & mask }
    if entries[slot].pair == .max { count += 1 }
    entries[slot] = entry
  }

  private mutating func grow() {
    let old = entries
    entries = [Entry](repeating: Self.empty, count: old.count * 2)
    count = 0
    for entry in old where entry.pair != .max { place(entry) }
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
