/// The repairs of ftfy 6.3 (Speer 2019), except for mojibake: its search for text that was decoded in a wrong encoding is
/// a heuristic of thousands of characters, and captions are rarely so damaged.
enum TextRepair {
  /// Repairs line by line, as ftfy does: a `<` in a line means that it and all that follow are real HTML, whose entities
  /// stay.
  static func repair(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result = [Unicode.Scalar]()
    result.reserveCapacity(text.count)
    var isHTML = false
    var start = 0
    while start < text.count {
      let newline = text[start...].firstIndex(of: "\n") ?? text.count - 1
      let end = min(newline + 1, start + longestSegment)
      let segment = text[start..<end]
      isHTML = isHTML || segment.contains("<")
      result += repairSegment(Array(segment), unescaping: !isHTML)
      start = end
    }
    return result
  }

  private static let longestSegment = 1_000_000

  private static func repairSegment(_ text: [Unicode.Scalar], unescaping: Bool) -> [Unicode.Scalar] {
    var text = text
    while true {
      let before = text
      if unescaping { text = HTMLEntities.unescapeUnambiguous(text) }
      text = replaceCharacters(text)
      text = removeTerminalEscapes(text)
      text.removeAll(where: isUnwantedControl)
      text = Normalization.composed(text)
      if text == before { return text }
    }
  }

  /// Every repair that looks at one character, in ftfy's order; what one makes the next one sees.
  private static func replaceCharacters(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result = [Unicode.Scalar]()
    result.reserveCapacity(text.count)
    for (i, scalar) in text.enumerated() {
      if scalar.isASCII {
        // CR LF is one line break.
        if scalar != "\r" {
          result.append(scalar)
        } else if i + 1 == text.count || text[i + 1] != "\n" {
          result.append("\n")
        }
        continue
      }
      for letter in spelledOut(windows1252(scalar)) { result.append(straightened(CharacterWidth.standard(letter))) }
    }
    return result
  }

  /// C1 controls were meant as Windows-1252, as browsers take them too.
  static func windows1252(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    guard (0x80...0x9F).contains(scalar.value) else { return scalar }
    return windows1252Row[Int(scalar.value) - 0x80]
  }

  private static let windows1252Row = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)

  /// The letters of a Latin ligature or digraph. (The full-width macron is here because it is a space and a mark.)
  private static func spelledOut(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
    let letters: String =
      switch scalar {
      case "\u{132}": "IJ"
      case "\u{133}": "ij"
      case "\u{149}": "\u{2BC}n"
      case "\u{1F1}": "DZ"
      case "\u{1F2}": "Dz"
      case "\u{1F3}": "dz"
      case "\u{1C4}": "D\u{17D}"
      case "\u{1C5}": "D\u{17E}"
      case "\u{1C6}": "d\u{17E}"
      case "\u{1C7}": "LJ"
      case "\u{1C8}": "Lj"
      case "\u{1C9}": "lj"
      case "\u{1CA}": "NJ"
      case "\u{1CB}": "Nj"
      case "\u{1CC}": "nj"
      case "\u{FB00}": "ff"
      case "\u{FB01}": "fi"
      case "\u{FB02}": "fl"
      case "\u{FB03}": "ffi"
      case "\u{FB04}": "ffl"
      case "\u{FB05}": "\u{17F}t"
      case "\u{FB06}": "st"
      case "\u{FFE3}": " \u{304}"
      default: String(scalar)
      }
    return letters.unicodeScalars
  }

  /// Quotation marks of typographers, the apostrophe that is a letter, and the line breaks that only Unicode has.
  private static func straightened(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "\u{2BC}", "\u{2018}"..."\u{201B}": "'"
    case "\u{201C}"..."\u{201F}": "\""
    case "\u{2028}", "\u{2029}": "\n"
    default: scalar
    }
  }

  /// `ESC [ 31;1 m` and its like.
  private static func removeTerminalEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard text.contains("\u{1B}") else { return text }
    var result = [Unicode.Scalar]()
    var position = 0
    while position < text.count {
      if let end = terminalEscape(text, position) {
        position = end
      } else {
        result.append(text[position])
        position += 1
      }
    }
    return result
  }

  /// Where the escape sequence that starts at `start` ends, if one does.
  private static func terminalEscape(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
    guard text[start] == "\u{1B}", start + 1 < text.count, text[start + 1] == "[" else { return nil }
    let end = text[(start + 2)...].firstIndex { $0 != ";" && $0.properties.generalCategory != .decimalNumber }
    guard let end, text[end].isASCII, text[end].properties.isAlphabetic else { return nil }
    return end + 1
  }

  /// Controls that show nothing; those that shape text (joiners, directions, tags of emoji) stay.
  private static func isUnwantedControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
    default: false
    }
  }
}
