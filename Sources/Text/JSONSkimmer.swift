/// Reads the two large and simple parts of tokenizer files, the map of tokens and the list of merges, straight from the
/// bytes: 100,000 strings are not made that would at once become ids again.
///
/// It throws ``Unreadable`` where the text is not what it expects; whoever calls it then asks the real parser what is
/// wrong, and where. The bytes are known to be UTF-8.
struct JSONSkimmer {
  struct Unreadable: Error {}

  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0
  private var unescaped: [UInt8] = []

  init(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// Calls `body` for each member of an object; it has to read the value.
  mutating func object(_ body: (inout JSONSkimmer, _ key: String) throws -> Void) throws {
    try list("{", "}") { skimmer in
      let key = try skimmer.string { text in String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self) }
      try skimmer.expect(":")
      try body(&skimmer, key)
    }
  }

  /// Calls `body` for each member of an object whose values are whole numbers from zero.
  mutating func numbers(_ body: (_ key: Span<UInt8>, _ value: Int) throws -> Void) throws {
    try list("{", "}") { skimmer in
      // The value stands behind the key and has no escapes: it can be read while the key's bytes are in use.
      var behind = skimmer
      let end = try skimmer.skipString()
      behind.position = end
      try behind.expect(":")
      let value = try behind.wholeNumber()
      try skimmer.string { key in try body(key, value) }
      skimmer.position = behind.position
    }
  }

  /// Calls `body` for each element of a list; it has to read the element.
  mutating func array(_ body: (inout JSONSkimmer) throws -> Void) throws {
    try list("[", "]", body)
  }

  /// Steps over a value and returns where it stands. What is inside is not checked.
  mutating func skipValue() throws -> Range<Int> {
    skipSpace()
    let start = position
    var depth = 0
    repeat {
      skipSpace()
      switch next {
      case UInt8(ascii: "\""): position = try skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { throw Unreadable() }
        depth -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw Unreadable() }
        position += 1
      case 0: throw Unreadable()
      default:
        // A number or a word; a control character is neither.
        guard !Self.endsWord(next) else { throw Unreadable() }
        while position < bytes.count, !Self.endsWord(next) { position += 1 }
      }
    } while depth > 0
    return start..<position
  }

  /// Reads a string without its escapes.
  mutating func string<Result>(_ body: (Span<UInt8>) throws -> Result) throws -> Result {
    skipSpace()
    let start = position + 1
    position = try skipString()
    let content = start..<position - 1
    guard bytes[content].contains(UInt8(ascii: "\\")) else {
      return try body(UnsafeBufferPointer(rebasing: bytes[content]).span)
    }
    try unescape(content)
    return try body(unescaped.span)
  }

  /// Nothing but white space is left.
  mutating func isAtEnd() -> Bool {
    skipSpace()
    return position == bytes.count
  }

  /// What the next value starts with.
  mutating func peek() -> UInt8 {
    skipSpace()
    return next
  }

  // MARK: Parts

  private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"), UInt8(ascii: "\""): true
    case UInt8(ascii: "["), UInt8(ascii: "{"): true
    default: byte <= 0x20
    }
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    skipSpace()
    guard next == UInt8(ascii: character) else { throw Unreadable() }
    position += 1
  }

  private mutating func list(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ element: (inout JSONSkimmer) throws -> Void
  ) throws {
    try expect(open)
    if peek() == UInt8(ascii: close) {
      position += 1
      return
    }
    while true {
      try element(&self)
      if peek() == UInt8(ascii: close) {
        position += 1
        return
      }
      try expect(",")
    }
  }

  private mutating func wholeNumber() throws -> Int {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, next &- 0x30 < 10 {
      value = value * 10 + Int(next - 0x30)
      position += 1
      guard value <= 1 << 40 else { throw Unreadable() }
    }
    guard position > start, position == start + 1 || bytes[start] != 0x30 else { throw Unreadable() }
    return value
  }

  /// The position behind the string that starts here.
  private mutating func skipString() throws -> Int {
    skipSpace()
    guard next == UInt8(ascii: "\"") else { throw Unreadable() }
    var end = position + 1
    while end < bytes.count {
      switch bytes[end] {
      case UInt8(ascii: "\""): return end + 1
      case UInt8(ascii: "\\"): end += 2
      case 0..<0x20: throw Unreadable()
      default: end += 1
      }
    }
    throw Unreadable()
  }

  private mutating func unescape(_ content: Range<Int>) throws {
    unescaped.removeAll(keepingCapacity: true)
    var i = content.lowerBound
    while i < content.upperBound {
      let byte = bytes[i]
      i += 1
      guard byte == UInt8(ascii: "\\") else {
        unescaped.append(byte)
        continue
      }
      // A string never ends in a backslash: the quotation mark behind it would not have ended it.
      let letter = bytes[i]
      i += 1
      switch letter {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(letter)
      case UInt8(ascii: "b"): unescaped.append(0x08)
      case UInt8(ascii: "f"): unescaped.append(0x0C)
      case UInt8(ascii: "n"): unescaped.append(0x0A)
      case UInt8(ascii: "r"): unescaped.append(0x0D)
      case UInt8(ascii: "t"): unescaped.append(0x09)
      case UInt8(ascii: "u"):
        var unit = try hexadecimal(i, content)
        i += 4
        if 0xD800..<0xDC00 ~= unit, i + 6 <= content.upperBound, bytes[i] == UInt8(ascii: "\\"),
          bytes[i + 1] == UInt8(ascii: "u")
        {
          let low = try hexadecimal(i + 2, content)
          if 0xDC00..<0xE000 ~= low {
            unit = 0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            i += 6
          }
        }
        unescaped.append(utf8: Unicode.Scalar(unit) ?? "\u{FFFD}")
      default: throw Unreadable()
      }
    }
  }

  private func hexadecimal(_ start: Int, _ content: Range<Int>) throws -> UInt32 {
    guard start + 4 <= content.upperBound else { throw Unreadable() }
    var value: UInt32 = 0
    for i in start..<start + 4 {
      switch bytes[i] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(bytes[i] - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(bytes[i] - 0x57)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(bytes[i] - 0x37)
      default: throw Unreadable()
      }
    }
    return value
  }
}
