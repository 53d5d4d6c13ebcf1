/// What the splitting patterns of CLIP and GPT-2 ask of a character: `\p{L}`, `\p{N}`, `\s` or none of them.
enum ScalarClass {
  case letter, number, space, other

  /// The class of an ASCII byte.
  @inline(__always)
  init(ascii byte: UInt8) {
    if (byte | 0x20) &- UInt8(ascii: "a") < 26 {
      self = .letter
    } else if byte == 0x20 || byte &- 9 < 5 {
      self = .space
    } else if byte &- UInt8(ascii: "0") < 10 {
      self = .number
    } else {
      self = .other
    }
  }

  /// The class of a character to a reference implementation; what is newer than its tables has none.
  init(_ scalar: Unicode.Scalar, in tables: UnicodeTables) {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
    case .decimalNumber, .letterNumber, .otherNumber: self = .number
    case _ where scalar.properties.isWhitespace: self = .space
    default: self = .other
    }
    if !tables.know(scalar) { self = .other }
    // The mark has a letter (ι) as its capital: neither a class nor its complement takes it if case is ignored.
    if tables == .openCLIPPatterns && scalar == "\u{345}" { self = .space }
  }
}

/// A reference implementation's tables of characters, each of which knows Unicode up to some version.
///
/// Tokenizers do to a character that is newer than their tables what they do to an unassigned one, so the same text
/// would get other ids if we knew it better. The versions were measured over all 1,112,064 characters.
enum UnicodeTables {
  /// The regular expressions of Hugging Face's tokenizers (Oniguruma).
  case huggingFacePatterns
  /// Their NFC and NFD.
  case huggingFaceNormalization
  /// The categories that their BERT asks for.
  case huggingFaceCategories
  /// open_clip's regular expressions, which ignore case; they are renewed with each release of Python's `regex`.
  case openCLIPPatterns
  /// All that Swift knows.
  case newest

  /// The last version of Unicode that is known; nil means all.
  private var version: (major: Int, minor: Int)? {
    switch self {
    case .huggingFacePatterns: (16, 0)
    case .huggingFaceNormalization: (12, 1)
    case .huggingFaceCategories: (8, 0)
    case .openCLIPPatterns, .newest: nil
    }
  }

  func know(_ scalar: Unicode.Scalar) -> Bool {
    guard let version else { return true }
    guard let age = scalar.properties.age else { return false }
    return (age.major, age.minor) <= version
  }
}

/// Decodes the character at `position` of text that is UTF-8 and moves behind it.
@inline(__always)
func nextScalar(_ text: Span<UInt8>, _ position: inout Int) -> Unicode.Scalar {
  let first = text[position]
  position += 1
  if first < 0x80 { return Unicode.Scalar(first) }
  let following = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3
  var value = UInt32(first) & (0x3F >> UInt32(following))
  for _ in 0..<following where position < text.count {
    value = value << 6 | UInt32(text[position] & 0x3F)
    position += 1
  }
  return Unicode.Scalar(value) ?? "\u{FFFD}"
}

extension [UInt8] {
  /// Appends a character as UTF-8.
  mutating func append(utf8 scalar: Unicode.Scalar) {
    let value = scalar.value
    func continuation(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (value >> shift & 0x3F)) }
    switch value {
    case 0..<0x80: append(UInt8(truncatingIfNeeded: value))
    case 0x80..<0x800:
      append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
      append(continuation(0))
    case 0x800..<0x1_0000:
      append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
      append(continuation(6))
      append(continuation(0))
    default:
      append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
      append(continuation(12))
      append(continuation(6))
      append(continuation(0))
    }
  }
}
