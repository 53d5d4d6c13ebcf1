/// The tables `CBLC` (where) and `CBDT` (what): a PNG file a glyph, image formats 17, 18 and 19.
struct GlyphBitmaps: Sendable {
  private struct Place: Sendable {
    let offset: Int
    let length: Int
    let format: Int
  }

  private let data: FontBytes
  private var places: [Int: Place] = [:]

  init(index: FontBytes, data: FontBytes) throws {
    self.data = data
    // Of several sizes, the largest.
    var best: (size: Int, record: Int)?
    for i in 0..<(try index.u32(4)) {
      let record = 8 + 48 * i
      let size = try index.u8(record + 44)
      if size > best?.size ?? 0 { best = (size, record) }
    }
    guard let record = best?.record else { throw index.damaged("no bitmaps") }
    let array = try index.from(index.u32(record), "CBLC")
    for i in 0..<(try index.u32(record + 8)) {
      let (first, last) = (try array.u16(8 * i), try array.u16(8 * i + 2))
      guard first <= last else { throw index.damaged("CBLC") }
      try add(first...last, array.from(array.u32(8 * i + 4), "CBLC"))
    }
  }

  func hasPicture(_ glyph: Int) -> Bool { places[glyph] != nil }

  /// Index subtables, formats 1 to 5.
  private mutating func add(_ glyphs: ClosedRange<Int>, _ table: FontBytes) throws {
    let format = try table.u16(2)
    let base = try table.u32(4)
    func place(_ start: Int, _ end: Int) -> Place { Place(offset: base + start, length: end - start, format: format) }
    func note(_ glyph: Int, _ start: Int, _ end: Int) throws {
      guard start <= end else { throw table.damaged("CBLC") }
      if start < end { places[glyph] = place(start, end) }
    }
    switch try table.u16(0) {
    case 1:
      for (i, glyph) in glyphs.enumerated() { try note(glyph, table.u32(8 + 4 * i), table.u32(12 + 4 * i)) }
    case 2:
      let size = try table.u32(8)
      for (i, glyph) in glyphs.enumerated() { try note(glyph, i * size, (i + 1) * size) }
    case 3:
      for (i, glyph) in glyphs.enumerated() { try note(glyph, table.u16(8 + 2 * i), table.u16(10 + 2 * i)) }
    case 4:
      for i in 0..<(try table.u32(8)) {
        try note(table.u16(12 + 4 * i), table.u16(14 + 4 * i), table.u16(18 + 4 * i))
      }
    case 5:
      let size = try table.u32(8)
      for i in 0..<(try table.u32(20)) { try note(table.u16(24 + 2 * i), i * size, (i + 1) * size) }
    default: throw table.damaged("CBLC")
    }
  }

  /// The PNG file of a glyph.
  func png(of glyph: Int) throws -> [UInt8] {
    guard let place = places[glyph] else { throw data.damaged("no picture of glyph \(glyph)") }
    let record = try data.slice(place.offset, place.length, "CBDT")
    // Metrics of 5 bytes (small), 8 bytes (big) or none (they are in CBLC) precede the length.
    let start: Int
    switch place.format {
    case 17: start = 5
    case 18: start = 8
    case 19: start = 0
    default: throw data.damaged("pictures of format \(place.format)")
    }
    return try record.slice(start + 4, record.u32(start), "CBDT").array
  }
}
