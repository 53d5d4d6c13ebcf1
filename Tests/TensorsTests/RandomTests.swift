import Tensors
import Testing

@Suite struct RandomTests {
  /// The known answers that come with the paper's own implementation, Random123.
  @Test func philoxKnownAnswers() {
    #expect(
      philox4x32(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      philox4x32(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      philox4x32(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func aSavedStateContinues() {
    var generator = Generator(seed: 7, stream: 3)
    for _ in 0..<11 {
      _ = generator.nextUInt32()
      var restored = Generator(seed: generator.seed, stream: generator.stream, index: generator.index)
      #expect(restored == generator)
      var ahead = generator
      #expect((0..<9).map { _ in ahead.next() } == (0..<9).map { _ in restored.next() })
    }
  }

  @Test func placesInTheTreeAreUnrelated() {
    var seen = Set<UInt64>()
    for a in -1..<20 {
      for b in 0..<20 {
        var (child, wide) = (Generator(5, a, b), Generator(5, a, b, 0))
        seen.formUnion([child.next(), wide.next()])
      }
    }
    #expect(seen.count == 21 * 20 * 2)
    var drawn = Generator(seed: 9)
    let child = drawn.split(into: 4)
    _ = drawn.next()
    #expect(drawn.split(into: 4) == child)
    #expect(Generator(5, 1, 2) != Generator(5, 2, 1))
  }

  @Test func wholeNumbersHaveNoBias() {
    var generator = Generator(seed: 1)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.below(7)] += 1 }
    // Six degrees of freedom: 22.5 is passed once in a thousand seeds, and this seed is fixed.
    let chi2 = counts.reduce(0.0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 }
    #expect(chi2 < 22.5)
    #expect((0..<100).allSatisfy { _ in (-3 ... -1).contains(generator.integer(in: -3 ... -1)) })
    #expect(generator.below(1) == 0)
  }

  @Test func momentsOfTheDistributions() {
    var generator = Generator(seed: 2)
    let n = 100_000
    var values = [Float](repeating: 0, count: n)
    values.withUnsafeMutableBufferPointer { generator.fillNormal($0, mean: 3, deviation: 2) }
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(n)
    let variance = values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(n)
    #expect(abs(mean - 3) < 0.03 && abs(variance - 4) < 0.08)
    let uniforms = (0..<n).map { _ in generator.uniform() }
    #expect(uniforms.allSatisfy { 0 <= $0 && $0 < 1 })
    #expect(abs(uniforms.reduce(0.0) { $0 + Double($1) } / Double(n) - 0.5) < 0.005)
    #expect(abs(Double((0..<n).count { _ in generator.bernoulli(0.3) }) / Double(n) - 0.3) < 0.006)
    #expect((0..<n).allSatisfy { _ in abs(generator.truncatedNormal()) <= 2 })
  }

  @Test func aPermutationHasEveryNumberOnce() {
    var generator = Generator(seed: 3)
    for count in [0, 1, 2, 100] {
      #expect(generator.permutation(count).sorted() == Array(0..<count))
    }
    #expect(generator.permutation(100) != generator.permutation(100))
  }
}
