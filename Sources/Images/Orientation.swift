/// How a picture must be turned to stand upright: tag 0x0112 of Exif 2.3.
public enum Orientation: Int, Sendable, CaseIterable {
  /// As it is.
  case upright = 1
  /// Left and right are swapped.
  case mirrored = 2
  /// To be turned by half.
  case halfTurned = 3
  /// Top and bottom are swapped.
  case flipped = 4
  /// Rows are columns.
  case transposed = 5
  /// To be turned clockwise by a quarter.
  case turnedLeft = 6
  /// Rows are columns, both backwards.
  case transversed = 7
  /// To be turned anticlockwise by a quarter.
  case turnedRight = 8

  /// Whether width and height change places.
  public var swapsSides: Bool { rawValue >= 5 }
}

extension Image {
  /// The picture, upright.
  public func oriented(_ orientation: Orientation) -> Image {
    switch orientation {
    case .upright: self
    case .mirrored: flippedHorizontally()
    case .halfTurned: rotated(quarterTurns: 2)
    case .flipped: flippedVertically()
    case .transposed: transposed()
    case .turnedLeft: rotated(quarterTurns: -1)
    case .transversed: rotated(quarterTurns: 2).transposed()
    case .turnedRight: rotated(quarterTurns: 1)
    }
  }
}

extension Orientation {
  /// The orientation that a picture's metadata tell; upright if they tell none or are damaged.
  init(ofPicture bytes: [UInt8], format: ImageFormat) {
    let tiff = format == .jpeg ? exifOfJPEG(bytes) : exifOfPNG(bytes)
    self = tiff.flatMap { orientationTag(ofTIFF: $0) }.flatMap(Orientation.init(rawValue:)) ?? .upright
  }
}

/// The TIFF structure in the first APP1 segment that starts with "Exif\0\0".
private func exifOfJPEG(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
  var i = 2
  while i + 4 <= bytes.count {
    guard bytes[i] == 0xFF else {
      i += 1
      continue
    }
    let marker = bytes[i + 1]
    switch marker {
    case 0xFF: i += 1  // fill byte
    case 0x00, 0x01, 0xD0...0xD8: i += 2  // markers without a segment
    case 0xD9, 0xDA: return nil  // the end, or pixels
    default:
      let length = Int(bytes[i + 2]) << 8 | Int(bytes[i + 3])
      let segment = bytes[min(i + 4, bytes.count)..<min(i + 2 + max(length, 2), bytes.count)]
      if marker == 0xE1, segment.starts(with: Array("Exif\0\0".utf8)) { return segment.dropFirst(6) }
      i += 2 + max(length, 2)
    }
  }
  return nil
}

/// The content of the eXIf chunk, which stands before or after the pixels.
private func exifOfPNG(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
  var i = 8
  while i + 12 <= bytes.count {
    let length = bytes[i..<i + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - i - 12 else { return nil }
    if bytes[i + 4..<i + 8].elementsEqual("eXIf".utf8) { return bytes[i + 8..<i + 8 + length] }
    i += 12 + length
  }
  return nil
}

/// The orientation in the first directory of a TIFF structure.
private func orientationTag(ofTIFF tiff: ArraySlice<UInt8>) -> Int? {
  let bytes = Array(tiff)
  let bigEndian: Bool
  switch bytes.prefix(4) {
  case [0x49, 0x49, 0x2A, 0x00]: bigEndian = false
  case [0x4D, 0x4D, 0x00, 0x2A]: bigEndian = true
  default: return nil
  }
  func number(at offset: Int, bytes count: Int) -> Int? {
    guard offset >= 0, offset + count <= bytes.count else { return nil }
    let field = bytes[offset..<offset + count]
    return bigEndian ? field.reduce(0) { $0 << 8 | Int($1) } : field.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
  guard let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2) else { return nil }
  for entry in 0..<entries {
    let offset = directory + 2 + entry * 12
    guard let tag = number(at: offset, bytes: 2) else { return nil }
    if tag == 0x0112 {
      // A short (type 3), as the standard wants it, or a long (type 4), as some cameras write it.
      return number(at: offset + 2, bytes: 2) == 4 ? number(at: offset + 8, bytes: 4) : number(at: offset + 8, bytes: 2)
    }
  }
  return nil
}
