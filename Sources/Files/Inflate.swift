/// Compressed data that cannot be unpacked.
public enum InflateError: Error, Equatable, Sendable {
  /// The data ends before the last block does.
  case truncated
  /// The data break the format; the text says how.
  case damaged(String)
  /// The data unpack to more bytes than the caller accepts.
  case tooLarge(limit: Int)
}

/// DEFLATE (RFC 1951), one stream from start to end.
///
/// The output is bounded: a small file that unpacks to a terabyte is an error, not an allocation.
package struct Inflate {
  private var bits: BitReader
  private let limit: Int
  private var output: [UInt8] = []

  /// Unpacks the stream that starts at `start`.
  ///
  /// - Returns: the bytes and the position after the stream's last byte.
  package static func unpack(
    _ input: UnsafeBufferPointer<UInt8>, from start: Int = 0, limit: Int
  ) throws(InflateError) -> (output: [UInt8], end: Int) {
    var stream = Inflate(bits: BitReader(input: input, position: start), limit: limit)
    try stream.blocks()
    return (stream.output, stream.bits.bytePosition)
  }

  private init(bits: BitReader, limit: Int) {
    self.bits = bits
    self.limit = limit
  }

  private mutating func blocks() throws(InflateError) {
    var isLast = false
    while !isLast {
      isLast = try bits.take(1) == 1
      switch try bits.take(2) {
      case 0: try storedBlock()
      case 1: try compressedBlock(.fixedLiterals, .fixedDistances)
      case 2:
        let (literals, distances) = try codeTables()
        try compressedBlock(literals, distances)
      default: throw .damaged("unknown kind of block")
      }
    }
  }

  /// Section 3.2.4.
  private mutating func storedBlock() throws(InflateError) {
    bits.alignToByte()
    let length = Int(try bits.take(16))
    guard try Int(bits.take(16)) == length ^ 0xFFFF else { throw .damaged("lengths of a stored block disagree") }
    guard output.count + length <= limit else { throw .tooLarge(limit: limit) }
    try bits.takeBytes(length, into: &output)
  }

  /// Section 3.2.5: literals, and copies of what was unpacked before.
  private mutating func compressedBlock(_ literals: PrefixCode, _ distances: PrefixCode) throws(InflateError) {
    while true {
      let symbol = try literals.next(&bits)
      if symbol < 256 {
        guard output.count < limit else { throw .tooLarge(limit: limit) }
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol <= 285 else { throw .damaged("unknown length") }
      let lengthCode = Self.lengths[symbol - 257]
      let length = lengthCode.base + Int(try bits.take(lengthCode.extraBits))
      let distanceSymbol = try distances.next(&bits)
      guard distanceSymbol < 30 else { throw .damaged("unknown distance") }
      let distanceCode = Self.distances[distanceSymbol]
      let distance = distanceCode.base + Int(try bits.take(distanceCode.extraBits))
      guard distance <= output.count else { throw .damaged("a copy from before the start") }
      guard output.count + length <= limit else { throw .tooLarge(limit: limit) }
      // A copy may overlap what it writes: that is how runs are stored.
      for source in output.count - distance..<output.count - distance + length { output.append(output[source]) }
    }
  }

  /// Section 3.2.7: the two codes of a block, themselves compressed.
  private mutating func codeTables() throws(InflateError) -> (literals: PrefixCode, distances: PrefixCode) {
    let literalCount = 257 + Int(try bits.take(5))
    let distanceCount = 1 + Int(try bits.take(5))
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for i in 0..<4 + Int(try bits.take(4)) { codeLengths[Self.codeLengthOrder[i]] = UInt8(try bits.take(3)) }
    let code = try PrefixCode(lengths: codeLengths)

    var lengths = [UInt8]()
    while lengths.count < literalCount + distanceCount {
      let symbol = try code.next(&bits)
      let (value, times): (UInt8, Int)
      switch symbol {
      case 0...15: (value, times) = (UInt8(symbol), 1)
      case 16:
        guard let last = lengths.last else { throw .damaged("a repetition of nothing") }
        (value, times) = (last, 3 + Int(try bits.take(2)))
      case 17: (value, times) = (0, 3 + Int(try bits.take(3)))
      default: (value, times) = (0, 11 + Int(try bits.take(7)))
      }
      guard lengths.count + times <= literalCount + distanceCount else { throw .damaged("too many code lengths") }
      lengths.append(contentsOf: repeatElement(value, count: times))
    }
    guard lengths[256] != 0 else { throw .damaged("a block without an end") }
    return (
      try PrefixCode(lengths: Array(lengths[..<literalCount])), try PrefixCode(lengths: Array(lengths[literalCount...]))
    )
  }

  /// What a symbol stands for: a smallest value, and how many bits tell what to add to it.
  private struct Step {
    var base: Int
    var extraBits: Int
  }

  /// The tables of section 3.2.5, from the rule behind them: the step doubles every four lengths or two distances.
  private static func steps(from first: Int, count: Int, perDoubling: Int) -> [Step] {
    var base = first
    return (0..<count).map { code in
      let step = Step(base: base, extraBits: max(0, code / perDoubling - 1))
      base += 1 << step.extraBits
      return step
    }
  }

  /// The last length, 258, breaks the rule.
  private static let lengths = steps(from: 3, count: 28, perDoubling: 4) + [Step(base: 258, extraBits: 0)]
  private static let distances = steps(from: 1, count: 30, perDoubling: 2)

  private static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
}

/// Bits, the least significant of each byte first.
struct BitReader {
  let input: UnsafeBufferPointer<UInt8>
  var position: Int
  private var window: UInt64 = 0
  private var available = 0

  init(input: UnsafeBufferPointer<UInt8>, position: Int) {
    self.input = input
    self.position = position
  }

  /// Fills the window as far as the input goes; missing bits read as zero.
  mutating func peek() -> UInt64 {
    while available <= 56 && position < input.count {
      window |= UInt64(input[position]) << UInt64(available)
      position += 1
      available += 8
    }
    return window
  }

  mutating func skip(_ count: Int) throws(InflateError) {
    guard count <= available else { throw .truncated }
    window >>= UInt64(count)
    available -= count
  }

  mutating func take(_ count: Int) throws(InflateError) -> UInt64 {
    let value = peek() & (1 << UInt64(count) - 1)
    try skip(count)
    return value
  }

  mutating func alignToByte() {
    window >>= UInt64(available & 7)
    available -= available & 7
  }

  /// The first byte that no bit was taken from.
  var bytePosition: Int { position - available / 8 }

  /// Copies whole bytes; the reader is aligned.
  mutating func takeBytes(_ count: Int, into output: inout [UInt8]) throws(InflateError) {
    let start = bytePosition
    guard count <= input.count - start else { throw .truncated }
    output.append(contentsOf: input[start..<start + count])
    position = start + count
    window = 0
    available = 0
  }
}

/// A canonical Huffman code (RFC 1951, section 3.2.2), read through one table of 2¹⁵ bits at most.
struct PrefixCode {
  /// For each window of `width` bits: the symbol × 16 + the length of its code; 0 where no code fits.
  private let table: [UInt16]
  private let width: Int

  init(lengths: [UInt8]) throws(InflateError) {
    let width = max(1, Int(lengths.max() ?? 0))
    var table = [UInt16](repeating: 0, count: 1 << width)
    var code = 0
    for length in 1...width {
      for (symbol, _) in lengths.enumerated().filter({ Int($0.element) == length }) {
        guard code < 1 << length else { throw .damaged("more codes than fit") }
        var reversed = 0
        for bit in 0..<length where code >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
        for entry in stride(from: reversed, to: 1 << width, by: 1 << length) {
          table[entry] = UInt16(symbol << 4 | length)
        }
        code += 1
      }
      code <<= 1
    }
    self.table = table
    self.width = width
  }

  func next(_ bits: inout BitReader) throws(InflateError) -> Int {
    let entry = table[Int(bits.peek() & (1 << UInt64(width) - 1))]
    // Bits behind the end read as zero: a code that is not there means damage only if there were bits enough.
    guard entry != 0 else {
      if bits.bytePosition >= bits.input.count { throw .truncated }
      throw .damaged("a code that stands for nothing")
    }
    try bits.skip(Int(entry & 15))
    return Int(entry >> 4)
  }

  static let fixedLiterals: PrefixCode = fixed(
    (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances: PrefixCode = fixed([UInt8](repeating: 5, count: 32))

  private static func fixed(_ lengths: [UInt8]) -> PrefixCode {
    do { return try PrefixCode(lengths: lengths) } catch { fatalError("the fixed codes of RFC 1951 are complete") }
  }
}
