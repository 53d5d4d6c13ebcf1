/// HTML character references, read in the two ways that open_clip's cleaning reads them.
enum HTMLEntities {
  /// As browsers do it (and Python's `html.unescape`): old names need no semicolon, and the longest known name counts.
  static func unescape(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    replaceReferences(text) { start in
      guard start < text.count else { return nil }
      return text[start] == "#" ? lenientNumber(text, start + 1) : lenientName(text, start)
    }
  }

  /// As ftfy does it: only with a semicolon, and names in capitals (`&NTILDE;`) where they mean nothing else.
  static func unescapeUnambiguous(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    replaceReferences(text) { start in
      let isNumber = start < text.count && text[start] == "#"
      let first = isNumber ? start + 1 : start
      let end = text[first...].prefix(25).firstIndex { !isASCIIAlphanumeric($0) } ?? text.count
      guard end > first, end - first <= 24, end < text.count, text[end] == ";" else { return nil }
      if isNumber {
        guard let reference = lenientNumber(text, first), reference.end == end + 1 else { return nil }
        // A reference to the semicolon itself is left alone, as there.
        return reference.characters.contains(";") ? nil : reference
      }
      let name = String(String.UnicodeScalarView(text[first..<end]))
      guard let characters = named(name) ?? capitals(name, text[first..<end]) else { return nil }
      return Reference(characters: characters, end: end + 1)
    }
  }

  private struct Reference {
    var characters: [Unicode.Scalar]
    /// The position behind the reference.
    var end: Int
  }

  /// Replaces what `reference` finds behind each `&`.
  private static func replaceReferences(
    _ text: [Unicode.Scalar], _ reference: (Int) -> Reference?
  ) -> [Unicode.Scalar] {
    guard text.contains("&") else { return text }
    var result = [Unicode.Scalar]()
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if text[position] == "&", let reference = reference(position + 1) {
        result += reference.characters
        position = reference.end
      } else {
        result.append(text[position])
        position += 1
      }
    }
    return result
  }

  /// A number in decimals or, behind an `x`, hexadecimals, and a semicolon if there is one.
  private static func lenientNumber(_ text: [Unicode.Scalar], _ start: Int) -> Reference? {
    let isHexadecimal = start < text.count && (text[start] == "x" || text[start] == "X")
    let first = isHexadecimal ? start + 1 : start
    let radix: UInt32 = isHexadecimal ? 16 : 10
    var end = first
    var value: UInt32 = 0
    while end < text.count, let digit = digit(text[end]), digit < radix {
      // Beyond Unicode all numbers mean the same.
      value = min(value * radix + digit, 0x11_0000)
      end += 1
    }
    guard end > first else { return nil }
    if end < text.count, text[end] == ";" { end += 1 }
    return Reference(characters: character(value), end: end)
  }

  private static func digit(_ scalar: Unicode.Scalar) -> UInt32? {
    switch scalar {
    case "0"..."9": scalar.value - 0x30
    case "a"..."f": scalar.value - 0x57
    case "A"..."F": scalar.value - 0x37
    default: nil
    }
  }

  /// Section 13.2.5.80: zero and what is no character become U+FFFD, C1 controls Windows-1252; other controls and
  /// non-characters vanish.
  private static func character(_ value: UInt32) -> [Unicode.Scalar] {
    switch value {
    case 0x0D: return ["\r"]
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF: return []
    case _ where value & 0xFFFE == 0xFFFE && value < 0x11_0000: return []
    default: break
    }
    guard value != 0, let scalar = Unicode.Scalar(value) else { return ["\u{FFFD}"] }
    return [TextRepair.windows1252(scalar)]
  }

  /// The longest name that the text starts with; up to 32 characters are looked at.
  private static func lenientName(_ text: [Unicode.Scalar], _ start: Int) -> Reference? {
    let run = text[start...].prefix(32).prefix { !"\t\n\u{0C} <&#;".unicodeScalars.contains($0) }
    guard !run.isEmpty else { return nil }
    if run.endIndex < text.count, text[run.endIndex] == ";",
      let characters = named(String(String.UnicodeScalarView(run)))
    {
      return Reference(characters: characters, end: run.endIndex + 1)
    }
    for length in stride(from: min(run.count, longestOldName), through: 2, by: -1) {
      let name = String(String.UnicodeScalarView(run.prefix(length)))
      guard let entity = table[name], entity.needsNoSemicolon else { continue }
      return Reference(characters: entity.characters, end: start + length)
    }
    return nil
  }

  private static func named(_ name: String) -> [Unicode.Scalar]? { table[name]?.characters }

  /// The upper case of what a name means that is spelt in capitals, if the capitals have no meaning of their own, not
  /// even in their first letters.
  private static func capitals(_ name: String, _ letters: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar]? {
    guard !letters.contains(where: { ("a"..."z").contains($0) }) else { return nil }
    guard lenientName(Array(letters), 0) == nil else { return nil }
    return named(name.lowercased()).map { $0.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) } }
  }

  private static func isASCIIAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "0"..."9", "a"..."z", "A"..."Z": true
    default: false
    }
  }

  private struct Entity: Sendable {
    var characters: [Unicode.Scalar]
    var needsNoSemicolon: Bool
  }

  private static let longestOldName = 6

  private static let table: [String: Entity] = {
    var table = [String: Entity](minimumCapacity: 2200)
    for entry in htmlEntityNames.description.utf8.split(separator: UInt8(ascii: " ")) {
      guard let sign = entry.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "!") }) else { continue }
      let codes = entry[entry.index(after: sign)...].split(separator: UInt8(ascii: "+"))
      table[String(Substring(entry[..<sign]))] = Entity(
        characters: codes.compactMap { UInt32(Substring($0), radix: 16).flatMap(Unicode.Scalar.init) },
        needsNoSemicolon: entry[sign] == UInt8(ascii: "!"))
    }
    return table
  }()
}
