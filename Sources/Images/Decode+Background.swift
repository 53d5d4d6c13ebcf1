import CCodecs

/// Decodes a PNG picture and blends its transparent pixels over a colour: for glyphs and stickers, whose shape is in their
/// alpha. Everywhere else alpha is dropped, as Pillow's `convert("RGB")` does.
///
/// `name`: the file's name, for errors.
public func decodePNG(
  _ bytes: [UInt8], name: String, over background: (UInt8, UInt8, UInt8), maxPixels: Int = 100_000_000
) throws(ImageError) -> Image {
  guard ImageFormat(of: bytes) == .png else { throw ImageError(.unknownFormat, name: name) }
  // The decoder keeps a pointer between calls, which an array does not allow.
  let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
  defer { copy.deallocate() }
  _ = copy.initialize(from: bytes)
  var error = cc_error()
  let color = [background.0, background.1, background.2]
  guard let png = cc_png_open_over(copy.baseAddress, copy.count, UInt64(max(0, maxPixels)), color, &error) else {
    throw ImageError(error, name: name)
  }
  defer { cc_png_close(png) }
  var (width, height) = (UInt32(0), UInt32(0))
  cc_png_size(png, &width, &height)
  return try Image(width: Int(width), height: Int(height)) { out throws(ImageError) in
    guard cc_png_read(png, out.baseAddress, &error) == CC_OK else { throw ImageError(error, name: name) }
  }
}
