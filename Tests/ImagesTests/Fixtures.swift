import Files

/// A small picture and what Pillow makes of it; see `Fixtures/make_pictures.py`.
struct PictureFixture: Sendable, CustomStringConvertible {
  let name: String
  let file: [UInt8]
  let width: Int, height: Int
  /// CRC-32 of the RGB bytes, as stored and upright.
  let crc: UInt32, uprightCRC: UInt32

  var description: String { name }

  static func all(in file: String) throws -> [PictureFixture] {
    var reader = LittleEndianReader(bytes: try readFile(fixturePath(file)))
    var pictures = [PictureFixture]()
    while !reader.isAtEnd {
      let name = String(decoding: reader.take(reader.number(bytes: 2)), as: UTF8.self)
      let data = Array(reader.take(reader.number(bytes: 4)))
      pictures.append(
        PictureFixture(
          name: name, file: data, width: reader.number(bytes: 2), height: reader.number(bytes: 2),
          crc: UInt32(reader.number(bytes: 4)), uprightCRC: UInt32(reader.number(bytes: 4))))
    }
    return pictures
  }
}

func fixturePath(_ name: String, here: String = #filePath) -> String {
  join(join(parentFolder(here), "Fixtures"), name)
}

struct LittleEndianReader {
  let bytes: [UInt8]
  var position = 0

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func number(bytes count: Int) -> Int {
    take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
