import CCodecs

/// A picture whose header has been read: the C decoder with its memory, tied to the bytes that it reads from.
final class EncodedPicture {
  private enum Decoder {
    case png(OpaquePointer)
    case jpeg(OpaquePointer)
  }

  let format: ImageFormat
  let orientation: Orientation
  /// The full size, before orientation.
  let width: Int, height: Int
  /// The scale at which a JPEG is decoded.
  var scale = DecodeScale.full
  private let decoder: Decoder
  private let options: DecodeOptions
  private let name: String
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  init(_ array: [UInt8], name: String, options: DecodeOptions) throws(ImageError) {
    guard let format = ImageFormat(of: array) else { throw ImageError(.unknownFormat, name: name) }
    // The decoders keep a pointer between calls, which an array does not allow.
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: array.count)
    _ = bytes.initialize(from: array)
    var error = cc_error()
    var (width, height) = (UInt32(0), UInt32(0))
    let limit = UInt64(max(0, options.maxPixels))
    switch format {
    case .png:
      guard let png = cc_png_open(bytes.baseAddress, bytes.count, limit, options.toleratesDamage, &error) else {
        bytes.deallocate()
        throw ImageError(error, name: name)
      }
      cc_png_size(png, &width, &height)
      decoder = .png(png)
    case .jpeg:
      guard let jpeg = cc_jpeg_open(bytes.baseAddress, bytes.count, limit, options.toleratesDamage, &error) else {
        bytes.deallocate()
        throw ImageError(error, name: name)
      }
      cc_jpeg_size(jpeg, 8, &width, &height)
      decoder = .jpeg(jpeg)
    }
    self.format = format
    self.options = options
    self.name = name
    self.bytes = bytes
    self.width = Int(width)
    self.height = Int(height)
    orientation = options.appliesOrientation ? Orientation(ofPicture: array, format: format) : .upright
  }

  deinit {
    switch decoder {
    case .png(let png): cc_png_close(png)
    case .jpeg(let jpeg): cc_jpeg_close(jpeg)
    }
    bytes.deallocate()
  }

  /// Decodes the pixels; once.
  func decode() throws(ImageError) -> Image {
    var (width, height) = (UInt32(width), UInt32(height))
    if case .jpeg(let jpeg) = decoder { cc_jpeg_size(jpeg, Int32(scale.rawValue), &width, &height) }
    return try Image(width: Int(width), height: Int(height)) { out throws(ImageError) in
      // Pixels that a damaged file does not have are black.
      if options.toleratesDamage { out.initialize(repeating: 0) }
      var error = cc_error()
      let status =
        switch decoder {
        case .png(let png): cc_png_read(png, out.baseAddress, &error)
        case .jpeg(let jpeg): cc_jpeg_read(jpeg, Int32(scale.rawValue), height, out.baseAddress, &error)
        }
      guard status == CC_OK else { throw ImageError(error, name: name) }
    }
  }
}
