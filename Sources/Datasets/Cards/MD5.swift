import Glibc

/// The MD5 sum of a file (RFC 1321). Publishers of data sets give it, and it tells a broken download from a whole one; it
/// is no protection against malice.
package struct MD5 {
  private var state: SIMD4<UInt32> = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  /// An empty message.
  package init() {}

  /// The sum of a file as 32 hexadecimal digits.
  static func ofFile(_ path: String) throws -> String {
    let file = try RegularFile(path)
    var sum = MD5()
    for offset in stride(from: 0, to: file.size, by: 1 << 20) { sum.add(try file.read(at: offset, count: 1 << 20)) }
    return sum.finish()
  }

  /// Appends to the message.
  package mutating func add(_ bytes: [UInt8]) {
    length &+= UInt64(bytes.count)
    pending += bytes
    let whole = pending.count / 64 * 64
    pending.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: whole, by: 64) { mix(bytes, start) }
    }
    pending.removeFirst(whole)
  }

  /// The sum of all that was appended.
  package mutating func finish() -> String {
    let bits = length &* 8
    let zeros = (119 - Int(length % 64)) % 64
    add([0x80] + [UInt8](repeating: 0, count: zeros) + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
    return (0..<16).map { i in
      let byte = UInt8(truncatingIfNeeded: state[i / 4] >> UInt32(8 * (i % 4)))
      return (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  private mutating func mix(_ bytes: UnsafeRawBufferPointer, _ start: Int) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    for i in 0..<64 {
      let (value, word): (UInt32, Int) =
        switch i / 16 {
        case 0: (b & c | ~b & d, i)
        case 1: (d & b | ~d & c, (5 * i + 1) % 16)
        case 2: (b ^ c ^ d, (3 * i + 5) % 16)
        default: (c ^ (b | ~d), 7 * i % 16)
        }
      let message = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4 * word, as: UInt32.self))
      let sum = a &+ value &+ Self.sines[i] &+ message
      let turn = Self.turns[i / 16 * 4 + i % 4]
      (a, d, c, b) = (d, c, b, b &+ (sum << turn | sum >> (32 - turn)))
    }
    state &+= SIMD4(a, b, c, d)
  }

  /// ⌊2³² |sin(i + 1)|⌋
  private static let sines: [UInt32] = (0..<64).map { UInt32(abs(sin(Double($0 + 1))) * 0x1p32) }
  private static let turns: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
}
