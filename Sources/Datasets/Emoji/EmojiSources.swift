import Files

/// Where the parts of the emoji set come from: three packages of Debian and its relatives.
public struct EmojiSources: Sendable, Equatable {
  /// A font of colour bitmaps.
  public var font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
  /// Unicode's list of all emoji with their English names.
  public var list = "/usr/share/unicode/emoji/emoji-test.txt"
  /// CLDR's `common` folder, in which `annotations` and `annotationsDerived` lie.
  public var cldr = "/usr/share/unicode/cldr/common"

  /// Debian's places.
  public init() {}

  /// Throws an error that names the packages whose files are not there.
  func check() throws {
    let missing = [
      (font, "fonts-noto-color-emoji"), (list, "unicode-data"), (join(cldr, "annotations"), "unicode-cldr-core"),
    ].filter { kind(of: $0.0) == .absent }
    guard let first = missing.first else { return }
    let packages = missing.map(\.1).joined(separator: " ")
    throw DataError(first.0, "not found; the emoji set needs it: apt-get install \(packages)")
  }
}

/// A sequence of characters that is one emoji.
struct EmojiSequence: Sendable, Equatable {
  let scalars: [Unicode.Scalar]
  /// Its English name.
  let name: String
  /// The heading that it stands under: `Animals & Nature`.
  let group: String

  /// Without the selectors of emoji presentation, as fonts and CLDR spell it.
  var plain: [Unicode.Scalar] { scalars.filter { $0 != "\u{FE0F}" } }

  /// Whether it asks for a colour of skin.
  var hasSkinTone: Bool { plain.contains(where: Self.isSkinTone) }

  /// The sequence without colours of skin.
  var base: [Unicode.Scalar] { plain.filter { !Self.isSkinTone($0) } }

  /// The five modifiers of Fitzpatrick's scale.
  static let skinTones: [Unicode.Scalar] = ["\u{1F3FB}", "\u{1F3FC}", "\u{1F3FD}", "\u{1F3FE}", "\u{1F3FF}"]

  private static func isSkinTone(_ scalar: Unicode.Scalar) -> Bool { skinTones.contains(scalar) }

  /// Reads the fully qualified emoji of `emoji-test.txt` (UTS #51): `1F600 ; fully-qualified # 😀 E1.0 grinning face`.
  static func list(_ path: String) throws -> [EmojiSequence] {
    var sequences = [EmojiSequence]()
    var group = ""
    for (number, line) in try readLines(path, limit: 1 << 26).enumerated() {
      if line.utf8.starts(with: "# group: ".utf8) { group = String(line.dropFirst(9)) }
      guard let semicolon = line.utf8.firstIndex(of: UInt8(ascii: ";")), line.utf8.first != UInt8(ascii: "#"),
        let hash = line.utf8[semicolon...].firstIndex(of: UInt8(ascii: "#")),
        trimmed(line[line.utf8.index(after: semicolon)..<hash]) == "fully-qualified"
      else { continue }
      let scalars = line[..<semicolon].utf8.split(separator: UInt8(ascii: " ")).compactMap {
        UInt32(String($0) ?? "", radix: 16).flatMap(Unicode.Scalar.init)
      }
      // The emoji itself and the version come before the name.
      let words = line[line.utf8.index(after: hash)...].utf8.split(separator: UInt8(ascii: " "), maxSplits: 2)
      guard !scalars.isEmpty, words.count == 3, let name = String(words[2]) else {
        throw DataError("\(path):\(number + 1)", "not a line of emoji-test.txt; install unicode-data again")
      }
      sequences.append(EmojiSequence(scalars: scalars, name: trimmed(name), group: group))
    }
    guard !sequences.isEmpty else { throw DataError(path, "it lists no emoji; install unicode-data again") }
    return sequences
  }
}
