/// The block "Halfwidth and Fullwidth Forms" (U+FF00 to U+FFEF), and the ideographic space.
enum CharacterWidth {
  /// The same character in its usual width, as NFKC gives it.
  static func standard(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x3000: " "
    case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    case 0xFF5F...0xFF9F: katakana[Int(scalar.value) - 0xFF5F]
    case 0xFFA0...0xFFDC: entry(hangul[Int(scalar.value) - 0xFFA0]) ?? scalar
    case 0xFFE0...0xFFEE: entry(signs[Int(scalar.value) - 0xFFE0]) ?? scalar
    default: scalar
    }
  }

  /// Zero is a code point without another width.
  private static func entry(_ value: UInt32) -> Unicode.Scalar? {
    value == 0 ? nil : Unicode.Scalar(value)
  }

  private static let katakana = Array(
    ("⦅⦆。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセ"
      + "ソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309A}").unicodeScalars)

  private static let hangul: [UInt32] = [
    0x1160, 0x1100, 0x1101, 0x11AA, 0x1102, 0x11AC, 0x11AD, 0x1103, 0x1104, 0x1105, 0x11B0, 0x11B1,
    0x11B2, 0x11B3, 0x11B4, 0x11B5, 0x111A, 0x1106, 0x1107, 0x1108, 0x1121, 0x1109, 0x110A, 0x110B,
    0x110C, 0x110D, 0x110E, 0x110F, 0x1110, 0x1111, 0x1112, 0, 0, 0, 0x1161, 0x1162,
    0x1163, 0x1164, 0x1165, 0x1166, 0, 0, 0x1167, 0x1168, 0x1169, 0x116A, 0x116B, 0x116C,
    0, 0, 0x116D, 0x116E, 0x116F, 0x1170, 0x1171, 0x1172, 0, 0, 0x1173, 0x1174,
    0x1175,
  ]

  private static let signs: [UInt32] = [
    0xA2, 0xA3, 0xAC, 0, 0xA6, 0xA5, 0x20A9, 0, 0x2502, 0x2190, 0x2191, 0x2192, 0x2193, 0x25A0, 0x25CB,
  ]
}
