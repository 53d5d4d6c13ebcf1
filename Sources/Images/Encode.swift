import CCodecs
import Files

/// How hard zlib tries.
public enum PNGCompression: Int32, Sendable {
  /// For pictures that are looked at once.
  case fast = 1
  /// zlib's usual compromise.
  case normal = 6
  /// For files that are kept.
  case best = 9
}

/// How much a JPEG may lose.
public struct JPEGQuality: Sendable, Hashable {
  /// libjpeg's scale, 1 to 100; 75 is everyone's default.
  public var quality = 75
  /// Whether colour keeps the full resolution (4:4:4); otherwise half of it each way (4:2:0).
  public var fullChroma = false

  /// A quality from 1 to 100.
  public init(_ quality: Int = 75, fullChroma: Bool = false) {
    self.quality = min(max(quality, 1), 100)
    self.fullChroma = fullChroma
  }
}

extension Image {
  /// The picture as a PNG file.
  public func encodedPNG(compression: PNGCompression = .normal) throws(ImageError) -> [UInt8] {
    try encoded { bytes, count, error in
      cc_png_write(pixels, UInt32(width), UInt32(height), compression.rawValue, &bytes, &count, &error)
    }
  }

  /// The picture as a baseline JPEG file.
  public func encodedJPEG(_ quality: JPEGQuality = JPEGQuality()) throws(ImageError) -> [UInt8] {
    try encoded { bytes, count, error in
      cc_jpeg_write(
        pixels, UInt32(width), UInt32(height), Int32(quality.quality), quality.fullChroma, &bytes, &count, &error)
    }
  }

  /// Writes a PNG file, or a JPEG file if the name ends with `.jpg` or `.jpeg`.
  public func write(_ path: String) throws {
    switch fileExtension(path) {
    case "jpg", "jpeg": try writeFile(path, encodedJPEG(JPEGQuality(90)))
    default: try writeFile(path, encodedPNG())
    }
  }

  private func encoded(
    _ write: (inout UnsafeMutablePointer<UInt8>?, inout Int, inout cc_error) -> cc_status
  ) throws(ImageError) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var error = cc_error()
    guard write(&bytes, &count, &error) == CC_OK else {
      throw ImageError(error, name: "picture of \(width) × \(height)")
    }
    defer { cc_free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }
}
