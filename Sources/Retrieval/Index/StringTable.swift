/// Many texts in one piece of memory, as they lie in a file: where each ends as a little-endian 64-bit number, then all
/// their UTF-8. A text is decoded when it is asked for: opening an index of millions of captions makes no strings.
package struct StringTable: Sendable {
  /// How many texts there are.
  package let count: Int
  let bytes: [UInt8]

  /// A table of these texts.
  package init(_ texts: [String]) { self.init(contents: texts.map { Array($0.utf8) }) }

  /// A table of pieces of any bytes.
  package init(contents: [[UInt8]]) {
    count = contents.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(contents.reduce(8 * contents.count) { $0 + $1.count })
    var end = 0
    for content in contents {
      end += content.count
      withUnsafeBytes(of: UInt64(end).littleEndian) { bytes.append(contentsOf: $0) }
    }
    for content in contents { bytes.append(contentsOf: content) }
    self.bytes = bytes
  }

  /// A table from a file; nil if the ends do not rise or do not fit.
  init?(count: Int, bytes: [UInt8]) {
    guard count >= 0, count <= bytes.count / 8 else { return nil }
    self.count = count
    self.bytes = bytes
    var last = 0
    for place in 0..<count {
      let end = end(of: place)
      guard end >= last, end <= bytes.count else { return nil }
      last = end
    }
    guard last == bytes.count - 8 * count else { return nil }
  }

  /// A text's bytes.
  package func content(of place: Int) -> ArraySlice<UInt8> {
    guard place >= 0, place < count else { fatalError("StringTable: \(place) of \(count)") }
    let start = 8 * count + (place == 0 ? 0 : end(of: place - 1))
    return bytes[start..<8 * count + end(of: place)]
  }

  private func end(of place: Int) -> Int {
    let end = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self).littleEndian }
    return Int(clamping: end)
  }

  /// A text. What is not UTF-8 in it, as in a path may be, shows as replacement characters.
  package subscript(place: Int) -> String {
    String(decoding: content(of: place), as: UTF8.self)
  }

  /// All texts.
  package var all: [String] { (0..<count).map { self[$0] } }
}
