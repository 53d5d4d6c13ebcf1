extension JSONParser {
  /// A text in quotes; the next byte is the quote.
  mutating func string() throws -> String {
    let start = index
    let quote = bytes[index]
    index += 1
    // Most texts have no escapes: find the end and copy once.
    let first = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == quote {
        defer { index += 1 }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[first..<index]), as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      index += 1
    }
    var content = [UInt8](bytes[first..<index])
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case quote:
        index += 1
        return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20 where dialect == .json || byte == 0x0A || byte == 0x0D:
        throw error(
          byte == 0x0A || byte == 0x0D
            ? "a text ends with its line; close it or write \\n" : "a control character inside a text")
      default:
        content.append(byte)
        index += 1
      }
    }
    throw error("a text that is never closed", at: start)
  }

  /// Decodes one escape; the next byte is the backslash.
  private mutating func escape(into content: inout [UInt8]) throws {
    let start = index
    index += 2
    switch byte(after: -1) {
    case UInt8(ascii: "\""): content.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): content.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): content.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content.append(contentsOf: String(try unicodeEscape(start)).utf8)
    case let byte where dialect == .json5: try json5Escape(byte, start, into: &content)
    default:
      throw error("an escape that JSON does not have", at: start)
    }
  }

  /// What JSON5 has beyond JSON's escapes; `index` stands behind the escaped byte.
  private mutating func json5Escape(_ byte: UInt8, _ start: Int, into content: inout [UInt8]) throws {
    switch byte {
    case UInt8(ascii: "v"): content.append(0x0B)
    case UInt8(ascii: "0") where !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next): content.append(0)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): throw error("an octal escape, which JSON5 does not have", at: start)
    case UInt8(ascii: "x"):
      let value = try hexDigits(2, start)
      content.append(contentsOf: String(Unicode.Scalar(UInt8(value))).utf8)
    // A backslash at the end of a line continues the text on the next.
    case 0x0D: if next == 0x0A { index += 1 }
    case 0x0A: break
    case 0xE2 where next == 0x80 && (self.byte(after: 1) == 0xA8 || self.byte(after: 1) == 0xA9): index += 2
    case 0 where index > bytes.count: throw error("a text that is never closed", at: start)
    // Any other character stands for itself; its further bytes follow as they are.
    default: content.append(byte)
    }
  }

  /// The character of `\uXXXX` or of a pair of them; `index` stands behind the `u`.
  mutating func unicodeEscape(_ start: Int) throws -> Unicode.Scalar {
    let unit = try hexDigits(4, start)
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // A high surrogate takes the low one that follows; half a pair becomes U+FFFD.
    let replacement: Unicode.Scalar = "\u{FFFD}"
    guard unit < 0xDC00, next == UInt8(ascii: "\\"), byte(after: 1) == UInt8(ascii: "u") else { return replacement }
    let after = index
    index += 2
    let low = try hexDigits(4, after)
    guard (0xDC00...0xDFFF).contains(low) else {
      index = after
      return replacement
    }
    return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? replacement
  }

  private mutating func hexDigits(_ count: Int, _ start: Int) throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = hexDigit(next) else {
        throw error("an escape without its \(count) hexadecimal digits", at: start)
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
