import Glibc

/// Random numbers that are a function of where they stand: the n-th word of a stream is computed from (seed, stream, n)
/// alone, so that order and thread count never matter and a checkpoint needs three integers.
///
/// Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
public struct Generator: Sendable, Hashable, RandomNumberGenerator {
  /// The key; generators with different seeds have nothing in common.
  public let seed: UInt64
  /// One of 2⁶⁴ independent sequences of that seed.
  public let stream: UInt64
  /// The number of 32-bit words drawn so far. With seed and stream it is the whole state.
  public private(set) var index: UInt64
  /// Whether new weights are drawn at all; see ``unset``.
  package private(set) var leavesWeightsUnset = false
  private var block: SIMD4<UInt32>

  /// The sequence `stream` of a seed, from its word `index` on.
  public init(seed: UInt64, stream: UInt64 = 0, index: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    self.index = index
    block = Self.block(seed: seed, stream: stream, number: index >> 2)
  }

  /// For a model whose weights are read from a file right after: to draw them first would take longer than to read them.
  package static var unset: Generator {
    var generator = Generator(seed: 0)
    generator.leavesWeightsUnset = true
    return generator
  }

  /// The generator of one place in a tree of decisions: `Generator(seed, 3, 17, 1)` is that of epoch 3, item 17, view 1.
  /// Prefixes and permutations of the path give unrelated generators.
  public init(_ seed: UInt64, _ path: Int...) {
    self = path.reduce(Generator(seed: seed)) { $0.split(into: $1) }
  }

  /// An unrelated generator for part `i` of the work; it does not depend on how much was drawn here.
  public func split(into i: Int) -> Generator {
    // Philox as a keyed hash. The flipped key keeps these blocks apart from those that are drawn as numbers.
    let hash = Self.block(seed: ~seed, stream: stream, number: UInt64(bitPattern: Int64(i)))
    return Generator(seed: UInt64(hash[1]) << 32 | UInt64(hash[0]), stream: UInt64(hash[3]) << 32 | UInt64(hash[2]))
  }

  private static func block(seed: UInt64, stream: UInt64, number: UInt64) -> SIMD4<UInt32> {
    philox4x32(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// 32 random bits: one word.
  public mutating func nextUInt32() -> UInt32 {
    let word = block[Int(index & 3)]
    index &+= 1
    if index & 3 == 0 { block = Self.block(seed: seed, stream: stream, number: index >> 2) }
    return word
  }

  /// 64 random bits: two words.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextUInt32())
    return UInt64(nextUInt32()) << 32 | low
  }
}

/// The block function of Philox4x32 with ten rounds.
package func philox4x32(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var (counter, key) = (counter, key)
  for _ in 0..<10 {
    let a = UInt64(counter[0]) &* 0xD251_1F53
    let b = UInt64(counter[2]) &* 0xCD9E_8D57
    counter = SIMD4(
      UInt32(truncatingIfNeeded: b >> 32) ^ counter[1] ^ key[0], UInt32(truncatingIfNeeded: b),
      UInt32(truncatingIfNeeded: a >> 32) ^ counter[3] ^ key[1], UInt32(truncatingIfNeeded: a))
    key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
  }
  return counter
}

extension Generator {
  /// Uniform in [0, 1), a multiple of 2⁻²⁴: one word.
  public mutating func uniform() -> Float {
    Float(nextUInt32() >> 8) * 0x1p-24
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³: two words.
  public mutating func uniformDouble() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Uniform between the bounds: one word.
  public mutating func uniform(in range: ClosedRange<Float>) -> Float {
    // Rounding may reach beyond the upper bound by a bit.
    min(range.lowerBound + (range.upperBound - range.lowerBound) * uniform(), range.upperBound)
  }

  /// Uniform between the bounds: two words.
  public mutating func uniform(in range: ClosedRange<Double>) -> Double {
    min(range.lowerBound + (range.upperBound - range.lowerBound) * uniformDouble(), range.upperBound)
  }

  /// True with probability `p`: two words.
  public mutating func bernoulli(_ p: Double) -> Bool {
    uniformDouble() < p
  }

  /// A whole number in `0..<bound` without bias (Lemire, "Fast random integer generation in an interval", 2019).
  public mutating func below(_ bound: Int) -> Int {
    guard bound > 0 else { fatalError("Generator.below(\(bound)): there is no such number") }
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let rejected = (0 &- bound) % bound
      while product.low < rejected { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A whole number in the range without bias.
  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    let (count, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
    guard !overflow, count < .max else { fatalError("Generator.integer(in: \(range)): the range is too wide") }
    return range.lowerBound + below(count + 1)
  }

  /// Standard normal (Box and Muller): two words.
  public mutating func normal() -> Float {
    normalPair().0
  }

  /// Two independent standard normals from two words.
  public mutating func normalPair() -> (Float, Float) {
    // 1 - u lies in (0, 1]: the logarithm is finite.
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Float.pi * uniform()
    return (radius * cos(angle), radius * sin(angle))
  }

  /// Standard normal, drawn again until it lies within ±`cut`.
  public mutating func truncatedNormal(cut: Float = 2) -> Float {
    guard cut > 0 else { fatalError("Generator.truncatedNormal(cut: \(cut)): nothing lies within") }
    while true {
      let value = normal()
      if abs(value) <= cut { return value }
    }
  }

  /// Fills memory with normals of this mean and standard deviation: one word a value.
  public mutating func fillNormal(_ out: UnsafeMutableBufferPointer<Float>, mean: Float = 0, deviation: Float = 1) {
    for i in stride(from: 0, to: out.count, by: 2) {
      let (a, b) = normalPair()
      out[i] = mean + deviation * a
      if i + 1 < out.count { out[i + 1] = mean + deviation * b }
    }
  }

  /// Puts the elements in random order (Fisher and Yates).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for i in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(i, below(i + 1))
    }
  }

  /// The numbers `0..<count` in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }
}
