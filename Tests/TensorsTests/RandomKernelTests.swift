import CKernels
import Tensors
import Testing

/// Philox4x32-10 as the paper writes it.
private func philox(key: UInt64, counter: [UInt32]) -> [UInt32] {
  var (c, k) = (counter, [UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)])
  for _ in 0..<10 {
    let (a, b) = (UInt64(c[0]) * 0xD251_1F53, UInt64(c[2]) * 0xCD9E_8D57)
    c = [
      UInt32(truncatingIfNeeded: b >> 32) ^ c[1] ^ k[0], UInt32(truncatingIfNeeded: b),
      UInt32(truncatingIfNeeded: a >> 32) ^ c[3] ^ k[1], UInt32(truncatingIfNeeded: a),
    ]
    k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85]
  }
  return c
}

@Suite struct RandomKernelTests {
  @Test(arguments: levels) func drawsAreThePapersAndNeedNoOthers(level: ck_level) {
    let kernels = Kernels(level: level)
    // A known answer of the reference implementation: key and counter all ones.
    #expect(
      philox(key: .max, counter: [.max, .max, .max, .max]) == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    let key: UInt64 = 0x0123_4567_89ab_cdef
    let stream: UInt64 = 0xfedc_ba98_7654_3210
    let starts: [UInt64] = [0, 1, 3, 64, 0x3_ffff_ffe2, 1 << 40]
    for start in starts {
      for n in [0, 1, 5, 63, 64, 65, 200] {
        let out = Numbers(zeros: n)
        kernels.randomBits(ck_draws(key: key, stream: stream, start: start), out.words, count: n)
        for i in 0..<n {
          let draw = start + UInt64(i)
          let block = draw / 4
          let counter = [block, block >> 32, stream, stream >> 32].map { UInt32(truncatingIfNeeded: $0) }
          #expect(out.words[i] == philox(key: key, counter: counter)[Int(draw % 4)], "draw \(draw)")
        }
        #expect(out.isIntact)
      }
    }
  }

  @Test(arguments: levels) func levelsAndChunksGiveTheSameBits(level: ck_level) {
    let at = ck_draws(key: 7, stream: 3, start: 10)
    let n = 50_001
    let (reference, other) = (Kernels(level: CK_PORTABLE), Kernels(level: level))
    let fills: [(Kernels, Numbers) -> Void] = [
      { $0.randomUniform(at, $1.floats, count: n) }, { $0.randomNormal(at, $1.floats, count: n) },
    ]
    for fill in fills {
      let (a, b) = (Numbers(noise(n)), Numbers(noise(n)))
      fill(reference, a)
      fill(other, b)
      #expect(a.bytes == b.bytes)
      #expect(
        sameBits {
          [Numbers(noise(n))].map {
            fill(other, $0); return $0
          }
        })
    }
    // The tail of a run is the head of one that starts there; normal numbers come in pairs.
    let (long, late) = (Numbers(zeros: 1000), Numbers(zeros: 300))
    other.randomNormal(ck_draws(key: 7, stream: 3, start: 0), long.floats, count: 1000)
    other.randomNormal(ck_draws(key: 7, stream: 3, start: 701), late.floats, count: 299)
    for i in 0..<299 { #expect(long[701 + i] == late[i]) }
  }

  @Test func distributionsHaveTheirMoments() {
    let n = 1 << 20
    let x = Numbers(zeros: n)
    let at = ck_draws(key: 1, stream: 2, start: 0)
    func moment(_ k: Int) -> Double {
      x.values.reduce(0) { sum, value in sum + (0..<k).reduce(1) { p, _ in p * value } } / Double(n)
    }
    Kernels.best.randomUniform(at, x.floats, count: n)
    #expect(x.values.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(moment(1) - 0.5) < 0.0015 && abs(moment(2) - 1 / 3.0) < 0.0015)
    Kernels.best.randomNormal(at, x.floats, count: n)
    #expect(abs(moment(1)) < 0.005 && abs(moment(2) - 1) < 0.008)
    #expect(abs(moment(3)) < 0.02 && abs(moment(4) - 3) < 0.06)
    #expect(x.values.allSatisfy { $0.isFinite })
  }
}
