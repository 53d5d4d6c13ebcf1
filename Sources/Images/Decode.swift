import CCodecs
import Files

/// How pictures are read.
public struct DecodeOptions: Sendable, Hashable {
  /// A picture with more pixels is refused before anything is allocated for it.
  public var maxPixels = 100_000_000
  /// Whether the orientation in the EXIF data is applied. Pictures of people's cameras need it; Hugging Face's and
  /// open_clip's preprocessing ignore it.
  public var appliesOrientation = true
  /// Whether a damaged file gives the pixels that there are, the rest black or grey, instead of an error.
  public var toleratesDamage = false
  /// The size of the result relative to the file's. Only JPEG has it, and its pixels differ by some levels from those of
  /// decoding and resizing: for training, never for evaluation.
  public var scale = DecodeScale.full

  /// The defaults for pictures of users.
  public init() {}
}

/// The sizes at which a JPEG can be decoded faster.
public enum DecodeScale: Int, Sendable, CaseIterable {
  /// As it is.
  case full = 8
  /// Half the width and half the height.
  case half = 4
  /// A quarter of each.
  case quarter = 2
  /// An eighth of each: one pixel a block.
  case eighth = 1
}

/// Reads a picture from a file.
public func readImage(_ path: String, options: DecodeOptions = DecodeOptions()) throws -> Image {
  try decodeImage(readPictureBytes(path, options: options), name: path, options: options)
}

/// The bytes of a picture file, unless it is larger than any picture within the limits can be.
public func readPictureBytes(_ path: String, options: DecodeOptions = DecodeOptions()) throws -> [UInt8] {
  // Eight bytes a pixel (16-bit RGBA, not compressed), and as much again as any camera's metadata.
  let (most, overflow) = options.maxPixels.multipliedReportingOverflow(by: 8)
  return try readFile(path, limit: overflow ? .max : max(most, 64 << 20))
}

/// Decodes a PNG or JPEG picture to 8-bit RGB, exactly as Pillow's `convert("RGB")` gives it (of 16-bit grey, the high
/// byte).
///
/// `name`: the file's name, for errors.
public func decodeImage(
  _ bytes: [UInt8], name: String, options: DecodeOptions = DecodeOptions()
) throws(ImageError) -> Image {
  try decodeImage(bytes, name: name, options: options) { _, _ in options.scale }
}

/// Decodes a picture at a scale that depends on its full, upright size.
package func decodeImage(
  _ bytes: [UInt8], name: String, options: DecodeOptions,
  scale: (_ width: Int, _ height: Int) -> DecodeScale
) throws(ImageError) -> Image {
  let picture = try EncodedPicture(bytes, name: name, options: options)
  if picture.format == .jpeg {
    let size = picture.orientation.swapsSides ? (picture.height, picture.width) : (picture.width, picture.height)
    picture.scale = scale(size.0, size.1)
  }
  return try picture.decode().oriented(picture.orientation)
}

/// The formats of pictures that we read and write.
public enum ImageFormat: String, Sendable, CaseIterable {
  /// Portable Network Graphics.
  case png
  /// What everybody calls JPEG: JFIF, Exif or plain.
  case jpeg

  /// The format that the first bytes tell, whatever the file's name says.
  public init?(of bytes: some Sequence<UInt8>) {
    let start = Array(bytes.prefix(8))
    if start == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] {
      self = .png
    } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      return nil
    }
  }
}
