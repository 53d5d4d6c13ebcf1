import Files
import HTML
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
    return "data:image/jpeg;base64," + base64(small)
  }
}
