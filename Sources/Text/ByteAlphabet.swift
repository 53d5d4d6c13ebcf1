/// GPT-2's spelling of bytes as visible characters.
///
/// Vocabulary files are text, so each of the 256 bytes is written as a character that prints: itself where Latin-1 has
/// a visible one there, else one of the characters from U+0100 on, in the order of the bytes.
package enum ByteAlphabet {
  /// The character of each byte.
  package static let characters: [Unicode.Scalar] = {
    var stranger: UInt32 = 0x100
    return (0...255).map { (byte: UInt32) -> Unicode.Scalar in
      let isVisible = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      if !isVisible { stranger += 1 }
      return Unicode.Scalar(isVisible ? byte : stranger - 1) ?? "\u{FFFD}"
    }
  }()

  /// The characters in the order in which CLIP and GPT-2 number them: the visible ones first.
  package static let inVocabularyOrder: [Unicode.Scalar] = characters.sorted()

  /// The byte that a character stands for.
  package static func byte(_ character: Unicode.Scalar) -> UInt8? {
    bytes[character]
  }

  private static let bytes = Dictionary(uniqueKeysWithValues: zip(characters, (0...255).map { UInt8($0) }))
}
