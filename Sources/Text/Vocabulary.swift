import Glibc

/// The tokens of a model and their ids.
///
/// All tokens lie in one run of bytes, so that 49,408 of them are three allocations and not 49,408: a vocabulary opens
/// in a few milliseconds. Tokens are told apart by their bytes; Swift's strings would take "é" for "é".
package struct Vocabulary: Sendable {
  private var bytes: [UInt8] = []
  /// Where each id's token lies in `bytes`; ids that no token has are empty and marked.
  private var spans: [Span] = []
  /// Open addressing: an id, or -1 where nothing is.
  private var slots: [Int32]
  /// The number of tokens.
  package private(set) var count = 0
  /// The bytes of the longest token.
  package private(set) var longestToken = 0

  private struct Span {
    var start: UInt32
    var length: UInt32
    static let unused = Span(start: .max, length: 0)
  }

  /// More ids than any text model has; a damaged file could ask for billions.
  package static let idLimit = 1 << 24

  /// An empty vocabulary with room for so many tokens.
  package init(capacity: Int = 0) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
    spans.reserveCapacity(capacity)
    bytes.reserveCapacity(capacity * 8)
  }

  /// One more than the highest id.
  package var size: Int { spans.count }

  /// What came of adding a token.
  package enum Insertion { case added, duplicateToken, duplicateID, idOutOfRange }

  /// Adds a token. Nothing changes unless the answer is `added`.
  package mutating func insert(_ token: RawSpan, id: Int) -> Insertion {
    guard id >= 0, id < Self.idLimit, bytes.count + token.byteCount < UInt32.max else { return .idOutOfRange }
    if id < spans.count, spans[id].start != Span.unused.start { return .duplicateID }
    let slot = slot(of: token)
    guard slots[slot] < 0 else { return .duplicateToken }
    while spans.count <= id { spans.append(.unused) }
    spans[id] = Span(start: UInt32(bytes.count), length: UInt32(token.byteCount))
    token.withUnsafeBytes { bytes.append(contentsOf: $0) }
    slots[slot] = Int32(id)
    count += 1
    longestToken = max(longestToken, token.byteCount)
    if count * 2 > slots.count { rehash() }
    return .added
  }

  /// Adds a token.
  package mutating func insert(_ token: String, id: Int) -> Insertion {
    insert([UInt8](token.utf8).span.bytes, id: id)
  }

  /// Lets the token mean another id too: the next look-up finds that one. This is how a `vocab.txt` with a line twice
  /// is read.
  package mutating func redirect(_ token: RawSpan, to id: Int) {
    guard id >= 0, id < Self.idLimit else { return }
    let slot = slot(of: token)
    guard slots[slot] >= 0 else { return }
    while spans.count <= id { spans.append(.unused) }
    spans[id] = spans[Int(slots[slot])]
    slots[slot] = Int32(id)
  }

  /// The id of a token, or nil.
  package func id(of token: RawSpan) -> Int32? {
    let id = slots[slot(of: token)]
    return id < 0 ? nil : id
  }

  /// The id of a token, or nil.
  package func id(of token: String) -> Int32? {
    id(of: [UInt8](token.utf8).span.bytes)
  }

  /// The bytes of a token, or nil if no token has that id.
  package func token(_ id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, id < spans.count, spans[Int(id)].start != Span.unused.start else { return nil }
    let span = spans[Int(id)]
    return bytes[Int(span.start)..<Int(span.start + span.length)]
  }

  /// The slot that holds a token, or the empty one where it would go.
  private func slot(of token: RawSpan) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash(token)) & mask
    while slots[slot] >= 0, !isToken(slots[slot], token) { slot = (slot + 1) & mask }
    return slot
  }

  /// Whether an id's token has these bytes.
  func isToken(_ id: Int32, _ token: RawSpan) -> Bool {
    let span = spans[Int(id)]
    guard span.length == token.byteCount else { return false }
    return bytes.withUnsafeBytes { all in
      token.withUnsafeBytes { token in
        guard let mine = all.baseAddress, let other = token.baseAddress else { return token.isEmpty }
        return memcmp(mine + Int(span.start), other, token.count) == 0
      }
    }
  }

  private mutating func rehash() {
    let ids = slots.filter { $0 >= 0 }
    slots = [Int32](repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    let bytes = bytes
    for id in ids {
      let span = spans[Int(id)]
      let token = bytes.span.bytes.extracting(Int(span.start)..<Int(span.start + span.length))
      var slot = Int(truncatingIfNeeded: hash(token)) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = id
    }
  }
}

/// A hash of some bytes, eight at a time.
func hash(_ bytes: RawSpan) -> UInt64 {
  var state = UInt64(truncatingIfNeeded: bytes.byteCount) &* 0x9E37_79B9_7F4A_7C15
  var offset = 0
  while offset + 8 <= bytes.byteCount {
    state = mix(state ^ bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    offset += 8
  }
  var rest: UInt64 = 0
  while offset < bytes.byteCount {
    rest = rest << 8 | UInt64(bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self))
    offset += 1
  }
  return mix(state ^ rest)
}

/// Spreads the bits of a key: both halves of a 128-bit product.
@inline(__always)
func mix(_ key: UInt64) -> UInt64 {
  let product = (key ^ 0x2545_F491_4F6C_DD1D).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.high ^ product.low
}
