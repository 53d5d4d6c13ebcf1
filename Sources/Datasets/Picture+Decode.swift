import Files
import Images

extension Picture {
  /// The pixels as 8-bit RGB.
  ///
  /// - Parameter name: names the picture in errors where it is not a file of its own.
  public func decoded(name: String, options: DecodeOptions = DecodeOptions()) throws -> Image {
    switch self {
    case .drawn(let image): return image
    case .encoded(let bytes): return try decodeImage(bytes, name: name, options: options)
    case .file(let path):
      let file = try RandomAccessFile(path)
      // Eight bytes a pixel, and room for metadata: the bound of `readPictureBytes`, which a named pipe would keep
      // waiting for ever.
      let (most, overflow) = options.maxPixels.multipliedReportingOverflow(by: 8)
      let limit = overflow ? .max : max(most, 64 << 20)
      guard file.size <= limit else { throw FileTooLarge(path: path, size: file.size, limit: limit) }
      return try decodeImage(file.read(at: 0, count: file.size), name: path, options: options)
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
