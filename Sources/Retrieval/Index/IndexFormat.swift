import CKernels
import Files

/// The layout of an index file, version 1. Numbers are little-endian.
///
///     0    8  signature: 89 'D' 'P' 'T' 'X' 0D 0A 1A
///     8    4  version
///     12   4  width of the embeddings
///     16   8  pictures
///     24   8  captions
///     32   4  not below the norm of any compact picture
///     36   4  not below the norm of any compact caption
///     40 160  for each of the ten sections: its length in bytes, the hash of its bytes
///     200 48  zeros
///     248  8  the hash of the bytes 0..<248
///     256     the sections, each filled up with zeros to a multiple of 64 bytes, which the hash covers
///
/// The hash of a section is a hash over the hashes of its pieces of one MiB, so that several threads can check it. The
/// file ends with the last section. As every byte is hashed, a damaged file is refused before anything in it is used.
enum IndexSection: Int, CaseIterable {
  /// JSON: the model's identity.
  case about
  /// A ``StringTable``.
  case paths
  /// 16 bytes a picture: a ``ContentHash``.
  case contents
  /// A ``StringTable`` of JPEG files: small copies of pictures that have no file of their own, nothing for others.
  case thumbnails
  case compactImages
  case exactImages
  /// A ``StringTable``.
  case texts
  /// 4 bytes a caption: the row of its picture, or -1.
  case pictures
  case compactCaptions
  case exactCaptions
}

struct IndexHeader {
  static let bytes = 256
  static let version: UInt32 = 1
  static let signature: [UInt8] = [0x89, 0x44, 0x50, 0x54, 0x58, 0x0D, 0x0A, 0x1A]
  static let alignment = 64
  /// Bytes that are hashed, and read, at a time.
  static let piece = 1 << 20

  var width = 0
  var images = 0
  var captions = 0
  var largestImageNorm: Float = 0
  var largestCaptionNorm: Float = 0
  var sections = IndexSection.allCases.map { _ in (bytes: 0, hash: UInt64(0)) }

  /// The bytes that a section takes in the file.
  static func padded(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

  /// Where a section begins.
  func offset(of section: IndexSection) -> Int {
    sections[..<section.rawValue].reduce(Self.bytes) { $0 + Self.padded($1.bytes) }
  }

  /// The bytes of the whole file.
  var total: Int { sections.reduce(Self.bytes) { $0 + Self.padded($1.bytes) } }

  var encoded: [UInt8] {
    var out = Self.signature
    func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) } }
    put(Self.version)
    put(UInt32(width))
    put(UInt64(images))
    put(UInt64(captions))
    put(largestImageNorm.bitPattern)
    put(largestCaptionNorm.bitPattern)
    for section in sections {
      put(UInt64(section.bytes))
      put(section.hash)
    }
    out += repeatElement(0, count: Self.bytes - 8 - out.count)
    put(out.withUnsafeBytes { wordHash($0, seed: 0) })
    return out
  }

  init() {}

  /// Reads a header; the sizes in it are what a file of so many bytes with so many rows must have.
  init(_ bytes: [UInt8], fileSize: Int, path: String) throws(IndexError) {
    guard bytes.starts(with: Self.signature) else { throw IndexError(.foreign, path: path) }
    guard bytes.count == Self.bytes else { throw IndexError(.damaged, path: path) }
    func value<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
      bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
    }
    let checksum = bytes.withUnsafeBytes {
      wordHash(UnsafeRawBufferPointer(rebasing: $0[..<(Self.bytes - 8)]), seed: 0)
    }
    let isWhole = checksum == value(at: Self.bytes - 8, as: UInt64.self)
    let version = value(at: 8, as: UInt32.self)
    // Later versions may have another header: only their number is asked for.
    guard version == Self.version else {
      throw IndexError(version > Self.version && version < 1000 ? .version(version) : .damaged, path: path)
    }
    guard isWhole else { throw IndexError(.damaged, path: path) }
    width = Int(value(at: 12, as: UInt32.self))
    images = Int(clamping: value(at: 16, as: UInt64.self))
    captions = Int(clamping: value(at: 24, as: UInt64.self))
    largestImageNorm = Float(bitPattern: value(at: 32, as: UInt32.self))
    largestCaptionNorm = Float(bitPattern: value(at: 36, as: UInt32.self))
    for section in IndexSection.allCases {
      let size = Int(clamping: value(at: 40 + 16 * section.rawValue, as: UInt64.self))
      sections[section.rawValue] = (size, value(at: 48 + 16 * section.rawValue, as: UInt64.self))
    }
    guard isConsistent(fileSize: fileSize) else { throw IndexError(.damaged, path: path) }
  }

  private func isConsistent(fileSize: Int) -> Bool {
    // Everything that is multiplied or added below is small once these hold.
    guard width <= CompactEmbeddings.widest, images <= fileSize, captions <= fileSize,
      images < 1 << 40, captions < 1 << 40, sections.allSatisfy({ $0.bytes <= fileSize }), total == fileSize
    else { return false }
    let expected: [(IndexSection, Int)] = [
      (.contents, 16 * images), (.pictures, 4 * captions),
      (.compactImages, CompactEmbeddings.bytes(count: images, width: width)), (.exactImages, 4 * images * width),
      (.compactCaptions, CompactEmbeddings.bytes(count: captions, width: width)),
      (.exactCaptions, 4 * captions * width),
    ]
    return expected.allSatisfy { sections[$0.rawValue].bytes == $1 }
  }
}
