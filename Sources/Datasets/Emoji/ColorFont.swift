import Files

/// A font whose glyphs are PNG pictures, such as Noto Color Emoji: which picture stands for a sequence of characters.
///
/// Reads the tables `cmap`, `GSUB`, `CBLC` and `CBDT` of the OpenType specification (1.9), as far as such fonts use them.
struct ColorFont: Sendable {
  private let glyphs: CharacterMap
  private let ligatures: Ligatures
  private let bitmaps: GlyphBitmaps

  init(_ path: String) throws {
    // The largest such font is 25 MB.
    try self.init(FontBytes(path: path, bytes: readFile(path, limit: 1 << 28)))
  }

  init(_ font: FontBytes) throws {
    guard try font.u32(0) == 0x0001_0000 || font.u32(0) == 0x4F54_544F else { throw font.damaged("no font") }
    var tables = [Int: FontBytes]()
    for i in 0..<(try font.u16(4)) {
      let record = 12 + 16 * i
      tables[try font.u32(record)] = try font.slice(
        font.u32(record + 8), font.u32(record + 12), "a table outside of it")
    }
    func table(_ tag: StaticString) throws -> FontBytes {
      let number = tag.withUTF8Buffer { $0.reduce(0) { $0 << 8 | Int($1) } }
      guard let table = tables[number] else { throw font.damaged("no table \(tag); it must have colour bitmaps") }
      return table
    }
    glyphs = try CharacterMap(table("cmap"))
    ligatures = try Ligatures(table("GSUB"))
    bitmaps = try GlyphBitmaps(index: table("CBLC"), data: table("CBDT"))
  }

  /// The glyph that the whole sequence turns into, if it turns into one with a picture.
  func glyph(of sequence: some Sequence<Unicode.Scalar>) -> Int? {
    // The selector of emoji presentation asks for what such a font does anyway.
    let glyphs = sequence.filter { $0 != "\u{FE0F}" }.map { self.glyphs[$0] }
    let known = glyphs.compactMap { $0 }
    guard known.count == glyphs.count, let glyph = ligatures[known] ?? (known.count == 1 ? known[0] : nil) else {
      return nil
    }
    return bitmaps.hasPicture(glyph) ? glyph : nil
  }

  /// The PNG file of a glyph.
  func png(of glyph: Int) throws -> [UInt8] { try bitmaps.png(of: glyph) }
}

/// The table `cmap`, formats 4 and 12: characters to glyphs.
private struct CharacterMap: Sendable {
  private var glyphs: [UInt32: Int] = [:]

  init(_ table: FontBytes) throws {
    for i in 0..<(try table.u16(2)) {
      let subtable = try table.from(table.u32(8 + 8 * i), "cmap")
      switch try subtable.u16(0) {
      case 4: try addSegments(subtable)
      case 12: try addGroups(subtable)
      default: break
      }
    }
    guard !glyphs.isEmpty else { throw table.damaged("no characters") }
  }

  subscript(scalar: Unicode.Scalar) -> Int? { glyphs[scalar.value] }

  /// Format 12: runs of characters to runs of glyphs.
  private mutating func addGroups(_ table: FontBytes) throws {
    for i in 0..<(try table.u32(12)) {
      let group = 16 + 12 * i
      let (first, last, glyph) = (try table.u32(group), try table.u32(group + 4), try table.u32(group + 8))
      guard first <= last, last <= 0x10FFFF else { throw table.damaged("cmap") }
      for character in first...last { glyphs[UInt32(character)] = glyph + character - first }
    }
  }

  /// Format 4: runs of characters of the basic plane.
  private mutating func addSegments(_ table: FontBytes) throws {
    let bytes = try table.u16(6)
    for i in stride(from: 0, to: bytes, by: 2) {
      let (last, first) = (try table.u16(14 + i), try table.u16(16 + bytes + i))
      let (delta, offset) = (try table.u16(16 + 2 * bytes + i), try table.u16(16 + 3 * bytes + i))
      guard first <= last, first != 0xFFFF else { continue }
      for character in first...last {
        var glyph = character
        if offset != 0 {
          glyph = try table.u16(16 + 3 * bytes + i + offset + 2 * (character - first))
          if glyph == 0 { continue }
        }
        glyphs[UInt32(character)] = (glyph + delta) & 0xFFFF
      }
    }
  }
}

/// The ligature substitutions of the table `GSUB` (lookup type 4, as extensions of type 7 too): how a family of three
/// becomes one glyph.
private struct Ligatures: Sendable {
  private var glyphs: [[Int]: Int] = [:]

  init(_ table: FontBytes) throws {
    let lookups = try table.from(table.u16(8), "GSUB")
    for i in 0..<(try lookups.u16(0)) {
      let lookup = try lookups.from(lookups.u16(2 + 2 * i), "GSUB")
      let type = try lookup.u16(0)
      for j in 0..<(try lookup.u16(4)) {
        let subtable = try lookup.from(lookup.u16(6 + 2 * j), "GSUB")
        if type == 4 {
          try add(subtable)
        } else if type == 7, try subtable.u16(2) == 4 {
          try add(subtable.from(subtable.u32(4), "GSUB"))
        }
      }
    }
  }

  subscript(sequence: [Int]) -> Int? { glyphs[sequence] }

  private mutating func add(_ table: FontBytes) throws {
    guard try table.u16(0) == 1 else { return }
    let firsts = try Self.coverage(table.from(table.u16(2), "GSUB"))
    for i in 0..<min(try table.u16(4), firsts.count) {
      let set = try table.from(table.u16(6 + 2 * i), "GSUB")
      for j in 0..<(try set.u16(0)) {
        let ligature = try set.from(set.u16(2 + 2 * j), "GSUB")
        let count = try ligature.u16(2)
        guard count > 0 else { throw table.damaged("GSUB") }
        let sequence = try [firsts[i]] + (0..<count - 1).map { try ligature.u16(4 + 2 * $0) }
        // The first that matches counts.
        if glyphs[sequence] == nil { glyphs[sequence] = try ligature.u16(0) }
      }
    }
  }

  /// A coverage table: the glyphs that something is about, in order.
  private static func coverage(_ table: FontBytes) throws -> [Int] {
    let count = try table.u16(2)
    switch try table.u16(0) {
    case 1: return try (0..<count).map { try table.u16(4 + 2 * $0) }
    case 2:
      return try (0..<count).flatMap { i in
        let (first, last) = (try table.u16(4 + 6 * i), try table.u16(6 + 6 * i))
        return first <= last ? Array(first...last) : []
      }
    default: throw table.damaged("GSUB")
    }
  }
}
