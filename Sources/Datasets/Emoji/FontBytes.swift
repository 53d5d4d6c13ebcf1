/// Reads of a font file that cannot leave it: all numbers are big-endian, and one beyond the end is an error.
struct FontBytes: Sendable {
  let path: String
  private let bytes: [UInt8]
  private let range: Range<Int>

  init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
    range = 0..<bytes.count
  }

  private init(_ whole: FontBytes, _ range: Range<Int>) {
    path = whole.path
    bytes = whole.bytes
    self.range = range
  }

  var count: Int { range.count }

  func damaged(_ what: String) -> DataError {
    DataError(path, "damaged font (\(what)); install the package fonts-noto-color-emoji again")
  }

  /// The part from an offset on.
  func from(_ offset: Int, _ what: String) throws -> FontBytes { try slice(offset, count - offset, what) }

  /// A part of it.
  func slice(_ offset: Int, _ length: Int, _ what: String) throws -> FontBytes {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { throw damaged(what) }
    return FontBytes(self, range.lowerBound + offset..<range.lowerBound + offset + length)
  }

  var array: [UInt8] { Array(bytes[range]) }

  func u8(_ offset: Int) throws -> Int { try number(offset, 1) }
  func u16(_ offset: Int) throws -> Int { try number(offset, 2) }
  func u32(_ offset: Int) throws -> Int { try number(offset, 4) }

  private func number(_ offset: Int, _ size: Int) throws -> Int {
    guard offset >= 0, offset <= count - size else { throw damaged("it ends too early") }
    var value = 0
    for i in 0..<size { value = value << 8 | Int(bytes[range.lowerBound + offset + i]) }
    return value
  }
}
