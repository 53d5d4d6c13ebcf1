/// Walks over the records of an event file, as far as they are sound.
enum EventReader {
  /// How many bytes of a file are whole records of steps up to a given one.
  static func soundLength(_ bytes: [UInt8], upTo lastStep: Int, _ crc: CRC32C) -> Int {
    var start = 0
    while let end = endOfRecord(bytes, from: start, crc) {
      guard step(ofEvent: bytes[(start + 12)..<(end - 4)]) <= lastStep else { break }
      start = end
    }
    return start
  }

  /// Where the record that begins at `start` ends, or nil if it is torn or damaged.
  private static func endOfRecord(_ bytes: [UInt8], from start: Int, _ crc: CRC32C) -> Int? {
    guard bytes.count - start >= 16 else { return nil }
    let length = bytes[start..<(start + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard crc.masked(bytes[start..<(start + 8)]) == check(bytes, start + 8), length <= bytes.count - start - 16 else {
      return nil
    }
    let end = start + 12 + Int(length)
    guard crc.masked(bytes[(start + 12)..<end]) == check(bytes, end) else { return nil }
    return end + 4
  }

  private static func check(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Field 2 of the event; an event without one is of step 0. Our own events have it right behind the time.
  private static func step(ofEvent bytes: ArraySlice<UInt8>) -> Int {
    let rest = bytes.dropFirst(9)
    guard rest.first == 2 << 3 else { return 0 }
    var value: UInt64 = 0
    for (place, byte) in rest.dropFirst().prefix(9).enumerated() {
      value |= UInt64(byte & 0x7F) << (7 * UInt64(place))
      if byte < 0x80 { break }
    }
    return Int(clamping: value)
  }
}
