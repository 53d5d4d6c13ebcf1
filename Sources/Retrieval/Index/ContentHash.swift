import CKernels

/// What tells contents apart: 128 bits of a fast hash. Nobody is kept from making two files with the same one on purpose.
package struct ContentHash: Sendable, Hashable {
  /// Both halves.
  package let high: UInt64, low: UInt64

  /// A hash by its halves.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The hash of some bytes.
  package init(of bytes: some Collection<UInt8>) {
    self = bytes.withContiguousStorageIfAvailable(Self.init(of:)) ?? Array(bytes).withUnsafeBytes(Self.init(of:))
  }

  /// The hash of memory.
  package init(of bytes: UnsafeRawBufferPointer) {
    high = wordHash(bytes, seed: 1)
    low = wordHash(bytes, seed: 2)
  }

  private init(of bytes: UnsafeBufferPointer<UInt8>) { self.init(of: UnsafeRawBufferPointer(bytes)) }
}

/// 64 bits of a hash that sees every change of a single byte.
package func wordHash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
  // The kernel wants an address even where it reads nothing.
  guard let base = bytes.baseAddress else { return withUnsafeBytes(of: seed) { ck_hash($0.baseAddress, 0, seed) } }
  return ck_hash(base, bytes.count, seed)
}
