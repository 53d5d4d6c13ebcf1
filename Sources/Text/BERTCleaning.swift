/// BERT's cleaning (Devlin et al. 2019, `BasicTokenizer` of the released code) as Hugging Face's tokenizers do it.
package struct BERTCleaning: Sendable, Equatable {
  /// Removes control characters and makes white space spaces.
  package var removesControls: Bool
  /// Puts each Chinese character between spaces.
  package var separatesChinese: Bool
  /// Decomposes and removes the marks.
  package var stripsAccents: Bool
  /// Lower case.
  package var lowercases: Bool

  /// Everything on, unless said otherwise.
  package init(
    removesControls: Bool = true, separatesChinese: Bool = true, stripsAccents: Bool = true, lowercases: Bool = true
  ) {
    self.removesControls = removesControls
    self.separatesChinese = separatesChinese
    self.stripsAccents = stripsAccents
    self.lowercases = lowercases
  }

  func clean(_ text: [Unicode.Scalar], into output: inout [UInt8]) {
    var text = text
    if removesControls {
      text = text.compactMap { scalar in
        Self.isControl(scalar) ? nil : scalar.properties.isWhitespace ? " " : scalar
      }
    }
    if separatesChinese, text.contains(where: Self.isChinese) {
      text = text.flatMap { Self.isChinese($0) ? [" ", $0, " "] : [$0] }
    }
    if stripsAccents {
      text = Normalization.decomposed(text, in: .huggingFaceNormalization)
      text.removeAll(where: Self.isMark)
    }
    if lowercases {
      var lowercase = [Unicode.Scalar]()
      lowercase.reserveCapacity(text.count)
      for scalar in text { scalar.appendLowercased(to: &lowercase) }
      text = lowercase
    }
    for scalar in text { output.append(utf8: scalar) }
  }

  /// Controls, formats and private use; the replacement character counts as one.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return scalar.value < 0x20 || scalar.value == 0x7F ? !"\t\n\r".unicodeScalars.contains(scalar) : false
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: return UnicodeTables.huggingFaceCategories.know(scalar)
    default: return scalar == "\u{FFFD}"
    }
  }

  /// The blocks of CJK ideographs; Japanese and Korean syllables are written with spaces or cut by the word pieces.
  static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF: true
    case 0x2_0000...0x2_A6DF, 0x2_A700...0x2_B73F, 0x2_B740...0x2_B81F, 0x2_B920...0x2_CEAF, 0x2_F800...0x2_FA1F: true
    default: false
    }
  }

  /// Non-spacing marks. Six characters have changed their category since the reference's tables were made.
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\u{1734}", "\u{1171E}": return true
    case "\u{1885}", "\u{1886}", "\u{A9BD}", "\u{111C9}": return false
    default: break
    }
    guard scalar.value >= 0x300, scalar.properties.generalCategory == .nonspacingMark else { return false }
    return UnicodeTables.huggingFaceCategories.know(scalar)
  }

  /// Whether a character is a word of its own: all ASCII that is no letter, digit or space, and punctuation. Two
  /// characters have changed their category since the reference's tables were made.
  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      switch scalar.value {
      case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
      default: return false
      }
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return UnicodeTables.huggingFaceCategories.know(scalar)
    default: return scalar == "\u{166D}" || scalar == "\u{111C9}"
    }
  }
}
