import Files
import Images

extension Picture {
  /// The pixels as 8-bit RGB.
  ///
  /// `name`: names the picture in errors where it is not a file of its own.
  public func decoded(name: String, options: DecodeOptions = DecodeOptions()) throws -> Image {
    if case .drawn(let image) = self { return image }
    return try decodeImage(encodedBytes(options: options) ?? [], name: name, options: options)
  }

  /// The content of the JPEG or PNG file, for decoders that want to choose a scale; nil for drawn pictures.
  public func encodedBytes(options: DecodeOptions = DecodeOptions()) throws -> [UInt8]? {
    switch self {
    case .drawn: return nil
    case .encoded(let bytes): return bytes
    case .file(let path):
      let file = try RegularFile(path)
      // Eight bytes a pixel, and room for metadata: the bound of `readPictureBytes`, which a named pipe would keep
      // waiting for ever.
      let (most, overflow) = options.maxPixels.multipliedReportingOverflow(by: 8)
      let limit = overflow ? .max : max(most, 64 << 20)
      guard file.size <= limit else { throw FileTooLarge(path: path, size: file.size, limit: limit) }
      return try file.read(at: 0, count: file.size)
    }
  }
}

extension Sample {
  /// The picture's pixels; a sample without picture is an error.
  public func image(options: DecodeOptions = DecodeOptions()) throws -> Image {
    guard let picture else { throw BadSample(id, "it has no picture") }
    return try picture.decoded(name: id, options: options)
  }
}
