import Files
import Images

/// Small copies of pictures for pages.
package enum Thumbnail {
  /// The longer side in pixels.
  static let side = 128

  /// A small copy as a JPEG file.
  package static func jpeg(of image: Image) throws -> [UInt8] {
    let longer = max(image.width, image.height)
    guard longer > side else { return try image.encodedJPEG(JPEGQuality(80)) }
    let small = image.resized(
      width: max(1, image.width * side / longer), height: max(1, image.height * side / longer), filter: .bicubic)
    return try small.encodedJPEG(JPEGQuality(80))
  }

  /// A picture of an index as a `data:` address; nil where its file is gone or damaged.
  static func address(of row: Int, in index: SearchIndex) -> String? {
    let kept = index.thumbnails.content(of: row)
    if !kept.isEmpty { return "data:image/jpeg;base64," + base64(kept) }
    var options = DecodeOptions()
    options.toleratesDamage = true
    // Large photographs are decoded small.
    guard let bytes = try? readPictureBytes(index.paths[row], options: options),
      let image = try? decodeImage(
        bytes, name: index.paths[row], options: options,
        scale: { width, height in max(width, height) >= 8 * side ? .quarter : .full }),
      let small = try? jpeg(of: image)
    else { return nil }
    return "data:image/jpeg;base64," + base64(small[...])
  }
}

/// RFC 4648.
func base64(_ bytes: ArraySlice<UInt8>) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var out: [UInt8] = []
  out.reserveCapacity((bytes.count + 2) / 3 * 4)
  var rest = bytes
  while !rest.isEmpty {
    let three = rest.prefix(3)
    rest = rest.dropFirst(3)
    var word = 0
    for byte in three { word = word << 8 | Int(byte) }
    word <<= 8 * (3 - three.count)
    for place in 0..<4 {
      out.append(place <= three.count ? alphabet[word >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
    }
  }
  return String(decoding: out, as: UTF8.self)
}
