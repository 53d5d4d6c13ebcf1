extension JSONParser {
  /// Steps over a comment or one of the spaces that only JSON5 knows; false if `byte`, the next one, is neither.
  mutating func skipJSON5Space(_ byte: UInt8) throws -> Bool {
    switch byte {
    case 0x0B, 0x0C:
      index += 1
      return true
    case UInt8(ascii: "/"):
      try skipComment()
      return true
    case 0x80...:
      let scalar = nextScalar
      let isSpace = scalar == "\u{FEFF}" || scalar == "\u{2028}" || scalar == "\u{2029}"
      guard isSpace || scalar.properties.generalCategory == .spaceSeparator else { return false }
      index += UTF8.width(scalar)
      return true
    default: return false
    }
  }

  private mutating func skipComment() throws {
    let start = index
    index += 2
    switch byte(after: -1) {
    case UInt8(ascii: "/"):
      while index < bytes.count, next != 0x0A, next != 0x0D, !isLineSeparator { index += 1 }
    case UInt8(ascii: "*"):
      while index < bytes.count {
        if next == UInt8(ascii: "*"), byte(after: 1) == UInt8(ascii: "/") {
          index += 2
          return
        }
        index += 1
      }
      throw error("a comment that is never closed", at: start)
    default: throw error("'/' that begins no comment", at: start)
    }
  }

  /// U+2028 and U+2029 end a line in ECMAScript.
  private var isLineSeparator: Bool {
    next == 0xE2 && byte(after: 1) == 0x80 && (byte(after: 2) == 0xA8 || byte(after: 2) == 0xA9)
  }

  /// A key without quotes: an ECMAScript identifier, which may be spelt with `\uXXXX`.
  mutating func identifier() throws -> String {
    var name = String.UnicodeScalarView()
    while index < bytes.count {
      let start = index
      let scalar: Unicode.Scalar
      if next == UInt8(ascii: "\\"), byte(after: 1) == UInt8(ascii: "u") {
        index += 2
        scalar = try unicodeEscape(start)
      } else {
        scalar = nextScalar
        index += UTF8.width(scalar)
      }
      guard isIdentifier(scalar, first: name.isEmpty) else {
        index = start
        break
      }
      name.append(scalar)
    }
    guard !name.isEmpty else { throw unexpected("a key or '}'") }
    return String(name)
  }

  /// The character at `index`; the text is known to be UTF-8.
  private var nextScalar: Unicode.Scalar {
    if next < 0x80 { return Unicode.Scalar(next) }
    var rest = bytes[index...].makeIterator()
    var decoder = UTF8()
    if case .scalarValue(let scalar) = decoder.decode(&rest) { return scalar }
    return "\u{FFFD}"
  }
}

/// Whether a character may stand in a key without quotes.
func isIdentifier(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
  if scalar.isASCII {
    return isWordByte(UInt8(scalar.value)) && !(first && ("0"..."9").contains(scalar))
  }
  return first
    ? scalar.properties.isIDStart
    : scalar.properties.isIDContinue || scalar == "\u{200C}" || scalar == "\u{200D}"
}
