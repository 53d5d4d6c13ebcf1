/// The cyclic redundancy check of RFC 3720 (Castagnoli's polynomial), which guards each record of an event file.
package struct CRC32C: Sendable {
  private let table: [UInt32]

  package init() {
    // 0x82F63B78 is the polynomial 0x1EDC6F41 with its bits reversed.
    table = (0..<256).map { (byte: UInt32) in
      (0..<8).reduce(byte) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
  }

  /// The check of some bytes.
  package func callAsFunction(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }

  /// As records store it: rotated and shifted, so that a check over data that holds checks stays a good one.
  func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = self(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
