/// A small font of fixed width for labels in pictures: letters of 5 × 7 pixels, with two rows below the line, in a cell of
/// 6 × 11. It has the printable characters of ASCII; accents of Latin letters are dropped, and what else it lacks is a box.
public enum BitmapFont {
  /// From one character to the next.
  public static let advance = 6
  /// From one line to the next.
  public static let lineHeight = 11

  /// The width of a line in pixels.
  public static func width(of text: String) -> Int { max(0, text.unicodeScalars.count * advance - 1) }

  /// Breaks a text at its spaces into lines of at most so many characters; what does not fit into the last line ends
  /// with two dots.
  public static func lines(_ text: String, columns: Int, rows: Int) -> [String] {
    var lines = [String]()
    var line = ""
    for word in text.split(separator: " ") {
      if line.isEmpty {
        line = String(word)
      } else if line.unicodeScalars.count + 1 + word.unicodeScalars.count <= columns {
        line += " " + word
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    if !line.isEmpty { lines.append(line) }
    func cut(_ line: String, _ length: Int) -> String {
      String(String.UnicodeScalarView(line.unicodeScalars.prefix(max(0, length))))
    }
    var shown = lines.prefix(rows).map { $0.unicodeScalars.count <= columns ? $0 : cut($0, columns - 2) + ".." }
    if lines.count > rows, let last = shown.last { shown[rows - 1] = cut(last, columns - 2) + ".." }
    return shown
  }

  /// The rows of a character, five bits each, the leftmost the highest.
  static func rows(of scalar: Unicode.Scalar) -> [UInt8] {
    let plain = accented[scalar] ?? scalar
    guard (0x20..<0x7F).contains(plain.value) else { return unknown }
    return glyphs[Int(plain.value) - 0x20]
  }

  private static let unknown: [UInt8] = [0x1F, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1F]

  private static let accented: [Unicode.Scalar: Unicode.Scalar] = {
    var plain: [Unicode.Scalar: Unicode.Scalar] = [
      "\u{2018}": "'", "\u{2019}": "'", "\u{201C}": "\"", "\u{201D}": "\"",
    ]
    for (letters, base) in [
      ("ÀÁÂÃÄÅ", "A"), ("Ç", "C"), ("ÈÉÊË", "E"), ("ÌÍÎÏ", "I"), ("Ñ", "N"), ("ÒÓÔÕÖØ", "O"), ("ÙÚÛÜ", "U"), ("Ý", "Y"),
      ("àáâãäå", "a"), ("ç", "c"), ("èéêë", "e"), ("ìíîï", "i"), ("ñ", "n"), ("òóôõöø", "o"), ("ùúûü", "u"),
      ("ýÿ", "y"),
      ("–—", "-"),
    ] as [(String, Unicode.Scalar)] {
      for letter in letters.unicodeScalars { plain[letter] = base }
    }
    return plain
  }()

  /// Two hexadecimal digits a row from the top; rows that are not given are empty.
  private static let glyphs: [[UInt8]] = [
    "", "04040404040004", "0A0A", "0A0A1F0A1F0A0A", "040F140E051E04", "18190204081303", "0C12140815120D", "0404",
    "02040808080402", "08040202020408", "0004150E1504", "0004041F0404", "00000000000C0408", "0000000E",
    "00000000000C0C", "01010204081010",
    "0E11131519110E", "040C040404040E", "0E11010204081F", "1F02040201110E", "02060A121F0202", "1F101E0101110E",
    "0608101E11110E", "1F010204080808", "0E11110E11110E", "0E11110F01020C", "000C0C000C0C", "000C0C000C0408",
    "02040810080402", "00001F001F", "08040201020408", "0E110102040004",
    "0E11171517100E", "0E11111F111111", "1E11111E11111E", "0E11101010110E", "1C12111111121C", "1F10101E10101F",
    "1F10101E101010", "0E11101711110F", "1111111F111111", "0E04040404040E", "0702020202120C", "11121418141211",
    "1010101010101F", "111B1515111111", "11111915131111", "0E11111111110E",
    "1E11111E101010", "0E11111115120D", "1E11111E141211", "0F10100E01011E", "1F040404040404", "1111111111110E",
    "11111111110A04", "1111111515150A", "11110A040A1111", "1111110A040404", "1F01020408101F", "0E08080808080E",
    "10100804020101", "0E02020202020E", "040A11", "000000000000001F",
    "0804", "00000E010F110F", "1010161911111E", "00000E1010110E", "01010D1311110F", "00000E111F100E",
    "0609081C080808", "00000F1111110F010E", "10101619111111", "04000C0404040E", "02000602020202120C", "10101214181412",
    "0C04040404040E", "00001A15151515", "00001619111111", "00000E1111110E",
    "00001E1111111E1010", "00000F1111110F0101", "00001619101010", "00000F100E011E", "08081C08080906",
    "0000111111130D", "00001111110A04", "0000111115150A", "0000110A040A11", "0000111111130D010E", "00001F0204081F",
    "02040408040402", "04040404040404", "08040402040408", "0000081502",
  ].map(decoded)

  private static func decoded(_ digits: String) -> [UInt8] {
    let values = digits.unicodeScalars.map { UInt8($0.properties.numericType == nil ? $0.value - 55 : $0.value - 48) }
    return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }
}
