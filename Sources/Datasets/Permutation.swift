import Tensors

/// A random order of `0..<count` of which every place can be computed on its own: nothing is stored, and place a million
/// costs what place one does.
///
/// A Feistel network over the smallest square of a power of two that holds the numbers, with Philox as its round
/// function; what falls outside is sent through again until it falls inside (Black and Rogaway, "Ciphers with arbitrary
/// finite domains", CT-RSA 2002, section 4).
public struct Permutation: Sendable, Hashable {
  /// How many numbers are put in order.
  public let count: Int
  private let key: SIMD2<UInt32>
  private let stream: SIMD2<UInt32>
  private let halfBits: UInt64

  /// The order that a generator stands for; it does not matter how much was drawn from the generator.
  public init(_ count: Int, _ generator: Generator) {
    guard count >= 0, count < 1 << 60 else { fatalError("Permutation: \(count) numbers") }
    self.count = count
    key = SIMD2(UInt32(truncatingIfNeeded: generator.seed), UInt32(truncatingIfNeeded: generator.seed >> 32))
    stream = SIMD2(UInt32(truncatingIfNeeded: generator.stream), UInt32(truncatingIfNeeded: generator.stream >> 32))
    let bits = UInt64(Int.bitWidth - max(count - 1, 0).leadingZeroBitCount)
    // Small domains have few Feistel permutations; walking through a larger one restores variety.
    halfBits = max(4, (bits + 1) / 2)
  }

  /// The number at a place.
  public subscript(place: Int) -> Int {
    guard place >= 0, place < count else { fatalError("Permutation of \(count): no place \(place)") }
    var value = UInt64(place)
    repeat { value = mixed(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func mixed(_ value: UInt64) -> UInt64 {
    let mask = (1 as UInt64) << halfBits - 1
    var (left, right) = (value >> halfBits, value & mask)
    for round in 0..<6 as Range<UInt32> {
      // The tag keeps these blocks apart from those drawn as numbers: it stands where a block number's high word would.
      let word = philox4x32(
        counter: SIMD4(UInt32(truncatingIfNeeded: right), 0xFE15_7E10 | round, stream[0], stream[1]), key: key)
      (left, right) = (right, left ^ (UInt64(word[1]) << 32 | UInt64(word[0])) & mask)
    }
    return left << halfBits | right
  }
}
