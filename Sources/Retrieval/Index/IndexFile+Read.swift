import CKernels
import Files
import JSON
import Tensors

/// How much of an index is brought into memory.
package enum IndexLoading: Sendable {
  /// The compact form; the few exact rows that a search asks for are read from the file.
  case compact
  /// Everything: for many searches, and to write the index again.
  case all
}

extension SearchIndex {
  /// Opens an index. Each of its bytes is checked against the hashes that the file keeps, whatever is loaded: a damaged
  /// file is an error here and not an odd result later.
  package init(file path: String, loading: IndexLoading = .compact) throws {
    let reader = try IndexReader(path)
    let header = reader.header
    let about = try reader.bytes(of: .about)
    guard let json = try? JSONValue(parsing: about, source: path), let model = json["model"],
      let modelPath = model["path"]?.string,
      let fingerprint = model["fingerprint"]?.string.flatMap({ ModelFingerprint($0) }),
      let paths = StringTable(count: header.images, bytes: try reader.bytes(of: .paths)),
      let thumbnails = StringTable(count: header.images, bytes: try reader.bytes(of: .thumbnails)),
      let texts = StringTable(count: header.captions, bytes: try reader.bytes(of: .texts))
    else { throw IndexError(.damaged, path: path) }
    let halves = try reader.bytes(of: .contents).withUnsafeBytes { bytes in
      (0..<2 * header.images).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self).littleEndian }
    }
    let pictures = try reader.bytes(of: .pictures).withUnsafeBytes { bytes in
      (0..<header.captions).map { Int(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self).littleEndian) }
    }
    guard pictures.allSatisfy({ $0 >= -1 && $0 < header.images }) else { throw IndexError(.damaged, path: path) }
    self.init(
      model: ModelIdentity(path: modelPath, fingerprint: fingerprint),
      images: try reader.rows(header.images, header.largestImageNorm, .compactImages, .exactImages, loading),
      paths: paths,
      contents: (0..<header.images).map { ContentHash(high: halves[2 * $0], low: halves[2 * $0 + 1]) },
      thumbnails: thumbnails,
      captions: try reader.rows(
        header.captions, header.largestCaptionNorm, .compactCaptions, .exactCaptions, loading),
      texts: texts, pictures: pictures.map { $0 < 0 ? nil : $0 })
  }
}

/// Reads sections of an index file and checks them.
private struct IndexReader {
  let file: RandomAccessFile
  let header: IndexHeader

  init(_ path: String) throws {
    file = try RandomAccessFile(path)
    let start = try file.read(at: 0, count: min(file.size, IndexHeader.bytes))
    header = try IndexHeader(start, fileSize: file.size, path: path)
  }

  /// A section that is small enough for an array.
  func bytes(of section: IndexSection) throws -> [UInt8] {
    let count = header.sections[section.rawValue].bytes
    guard count > 0 else {
      try read(section, into: nil)
      return []
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try read(section, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
      filled = count
    }
  }

  /// The rows of a kind.
  func rows(
    _ count: Int, _ largestNorm: Float, _ compactSection: IndexSection, _ exactSection: IndexSection,
    _ loading: IndexLoading
  ) throws -> SearchableRows {
    let compact = try CompactEmbeddings(count: count, width: header.width, largestNorm: largestNorm) {
      try read(compactSection, into: $0)
    }
    switch loading {
    case .compact:
      try read(exactSection, into: nil)
      return SearchableRows(
        compact: compact,
        exact: RowsInFile(file: file, start: header.offset(of: exactSection), count: count, width: header.width))
    case .all:
      let exact = try Embeddings(count: count, width: header.width) {
        try read(exactSection, into: UnsafeMutableRawBufferPointer($0))
      }
      return SearchableRows(compact: compact, exact: exact)
    }
  }

  /// Reads a section and checks it; without a place for its bytes it is only checked.
  private func read(_ section: IndexSection, into out: UnsafeMutableRawBufferPointer?) throws {
    let (bytes, expected) = header.sections[section.rawValue]
    let offset = header.offset(of: section)
    let pieces = sectionPieces(bytes)
    var hashes = [UInt64](repeating: 0, count: pieces)
    let failure = Locked<(any Error)?>(nil)
    hashes.withUnsafeMutableBufferPointer { hashes in
      nonisolated(unsafe) let (hashes, out) = (hashes, out)
      parallelFor(pieces, grain: 1) { range in
        let start = range.lowerBound * IndexHeader.piece
        let count = min(IndexHeader.piece, bytes - start)
        let padded = IndexHeader.padded(count)
        do {
          if let out, padded == count {
            // Straight to its place.
            let place = UnsafeMutableRawBufferPointer(rebasing: out[start..<start + count])
            try file.read(at: offset + start, into: place)
            hashes[range.lowerBound] = wordHash(UnsafeRawBufferPointer(place), seed: UInt64(range.lowerBound))
          } else {
            // A scratch of the size of the second-level cache.
            try withUnsafeTemporaryAllocation(byteCount: padded, alignment: 64) { scratch in
              try file.read(at: offset + start, into: scratch)
              hashes[range.lowerBound] = wordHash(UnsafeRawBufferPointer(scratch), seed: UInt64(range.lowerBound))
              if let out {
                UnsafeMutableRawBufferPointer(rebasing: out[start..<start + count])
                  .copyMemory(from: UnsafeRawBufferPointer(rebasing: scratch[..<count]))
              }
            }
          }
        } catch {
          failure.withLock { $0 = error }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    guard combinedHash(hashes, section) == expected else { throw IndexError(.damaged, path: file.path) }
  }
}

/// Exact rows that stay in the file. It is kept open: whoever puts another index in its place does not change this one.
private struct RowsInFile: RowSource {
  let file: RandomAccessFile
  let start: Int
  let count: Int
  let width: Int

  func forEach(of rows: ArraySlice<Int>, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) throws {
    try withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { values in
      for row in rows {
        try file.read(at: start + row * width * 4, into: UnsafeMutableRawBufferPointer(values))
        body(row, UnsafeBufferPointer(values))
      }
    }
  }
}
