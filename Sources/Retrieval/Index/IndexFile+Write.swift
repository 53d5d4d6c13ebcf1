import CKernels
import Files
import JSON
import Tensors

extension SearchIndex {
  /// Writes the index, whole or not at all. Its rows must be in memory.
  package func write(_ path: String) throws {
    guard let exactImages = images.exact as? Embeddings, let exactCaptions = captions.exact as? Embeddings else {
      fatalError("SearchIndex.write: the exact rows are not in memory; open the index with all rows")
    }
    let about: JSONValue = [
      "model": ["path": .string(model.path), "fingerprint": .string(model.fingerprint.description)]
    ]
    var contentBytes: [UInt8] = []
    for content in contents {
      for half in [content.high, content.low] {
        withUnsafeBytes(of: half.littleEndian) { contentBytes.append(contentsOf: $0) }
      }
    }
    var pictureBytes: [UInt8] = []
    for picture in pictures {
      withUnsafeBytes(of: Int32(picture ?? -1).littleEndian) { pictureBytes.append(contentsOf: $0) }
    }
    func each(_ body: (IndexSection, UnsafeRawBufferPointer) throws -> Void) throws {
      try about.bytes().withUnsafeBytes { try body(.about, $0) }
      try paths.bytes.withUnsafeBytes { try body(.paths, $0) }
      try contentBytes.withUnsafeBytes { try body(.contents, $0) }
      try thumbnails.bytes.withUnsafeBytes { try body(.thumbnails, $0) }
      try images.compact.withBytes { try body(.compactImages, $0) }
      try exactImages.withNumbers { numbers in try body(.exactImages, UnsafeRawBufferPointer(numbers)) }
      try texts.bytes.withUnsafeBytes { try body(.texts, $0) }
      try pictureBytes.withUnsafeBytes { try body(.pictures, $0) }
      try captions.compact.withBytes { try body(.compactCaptions, $0) }
      try exactCaptions.withNumbers { numbers in try body(.exactCaptions, UnsafeRawBufferPointer(numbers)) }
    }
    var header = IndexHeader()
    header.width = width
    header.images = images.count
    header.captions = captions.count
    header.largestImageNorm = images.compact.largestNorm
    header.largestCaptionNorm = captions.compact.largestNorm
    try each { section, bytes in
      header.sections[section.rawValue] = (bytes.count, sectionHash(bytes, section))
    }
    var file = try AtomicFile(path)
    try file.write(header.encoded)
    try each { section, bytes in
      if !bytes.isEmpty { try file.write(bytes) }
      try file.write(repeatElement(UInt8(0), count: IndexHeader.padded(bytes.count) - bytes.count))
    }
    try file.commit()
  }
}

/// The hash of a section as the file keeps it: over the hashes of its pieces, the last of them filled up with zeros.
private func sectionHash(_ bytes: UnsafeRawBufferPointer, _ section: IndexSection) -> UInt64 {
  let pieces = sectionPieces(bytes.count)
  var hashes = [UInt64](repeating: 0, count: pieces)
  hashes.withUnsafeMutableBufferPointer { hashes in
    nonisolated(unsafe) let (hashes, bytes) = (hashes, bytes)
    parallelFor(pieces, grain: 1) { range in
      let start = range.lowerBound * IndexHeader.piece
      let piece = bytes[start..<min(bytes.count, start + IndexHeader.piece)]
      if piece.count == IndexHeader.padded(piece.count) {
        hashes[range.lowerBound] = wordHash(UnsafeRawBufferPointer(rebasing: piece), seed: UInt64(range.lowerBound))
      } else {
        var filled = Array(piece)
        filled += repeatElement(0, count: IndexHeader.padded(piece.count) - piece.count)
        hashes[range.lowerBound] = filled.withUnsafeBytes { wordHash($0, seed: UInt64(range.lowerBound)) }
      }
    }
  }
  return combinedHash(hashes, section)
}

/// How many pieces a section of so many bytes has.
func sectionPieces(_ bytes: Int) -> Int { (bytes + IndexHeader.piece - 1) / IndexHeader.piece }

/// The hash over the hashes of a section's pieces.
func combinedHash(_ hashes: [UInt64], _ section: IndexSection) -> UInt64 {
  hashes.map(\.littleEndian).withUnsafeBytes { wordHash($0, seed: UInt64(section.rawValue) + 1) }
}
