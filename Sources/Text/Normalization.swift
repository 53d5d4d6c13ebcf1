// The standard library normalizes strings to compare them and has no public name for it; Foundation, which has one,
// would double the time that the program takes to start.
@_spi(_Unicode) import Swift

/// The canonical forms of Unicode (UAX #15).
enum Normalization {
  /// NFC; with `tables`, characters that are newer than these stay as they are, and nothing combines across them.
  static func composed(_ text: [Unicode.Scalar], in tables: UnicodeTables = .newest) -> [Unicode.Scalar] {
    // No character below U+0300 combines with another or is written in two ways.
    guard text.contains(where: { $0.value >= 0x300 }) else { return text }
    return normalized(text, in: tables) { $0._nfc }
  }

  /// NFD; with `tables`, characters that are newer than these stay as they are.
  static func decomposed(_ text: [Unicode.Scalar], in tables: UnicodeTables = .newest) -> [Unicode.Scalar] {
    guard text.contains(where: { !$0.isASCII }) else { return text }
    return normalized(text, in: tables) { $0._nfd }
  }

  private static func normalized(
    _ text: [Unicode.Scalar], in tables: UnicodeTables, _ form: (String) -> some Sequence<Unicode.Scalar>
  ) -> [Unicode.Scalar] {
    var result = [Unicode.Scalar]()
    result.reserveCapacity(text.count)
    var known = String.UnicodeScalarView()
    for scalar in text {
      if scalar.isASCII || tables.know(scalar) {
        known.append(scalar)
      } else {
        result += form(String(known))
        result.append(scalar)
        known = String.UnicodeScalarView()
      }
    }
    result += form(String(known))
    return result
  }
}

extension Unicode.Scalar {
  /// Appends this character's lower case, which may be several characters, without regard to its neighbours.
  func appendLowercased(to text: inout [Unicode.Scalar]) {
    if isASCII {
      let isUpper = value &- 0x41 < 26
      text.append(isUpper ? Unicode.Scalar(UInt8(truncatingIfNeeded: value + 32)) : self)
    } else if properties.changesWhenLowercased {
      text.append(contentsOf: properties.lowercaseMapping.unicodeScalars)
    } else {
      text.append(self)
    }
  }
}
