import CKernels

extension ck_draws {
  /// The same numbers from `count` draws on.
  func advanced(by count: Int) -> ck_draws {
    ck_draws(key: key, stream: stream, start: start &+ UInt64(count))
  }
}

extension Kernels {
  /// Draws `at.start`, `at.start + 1`, … as 32 random bits each.
  package func randomBits(_ at: ck_draws, _ out: UnsafeMutablePointer<UInt32>, count: Int) {
    loop(count, grain: Self.grain, moves: 4 * count) { r in
      c.random_bits(at.advanced(by: r.lowerBound), out + r.lowerBound, r.count)
    }
  }

  /// Uniform numbers in [0, 1), multiples of 2⁻²⁴.
  package func randomUniform(_ at: ck_draws, _ out: UnsafeMutablePointer<Float>, count: Int) {
    loop(count, grain: Self.grain, moves: 4 * count) { r in
      c.random_uniform(at.advanced(by: r.lowerBound), out + r.lowerBound, r.count)
    }
  }

  /// Numbers of the standard normal distribution.
  package func randomNormal(_ at: ck_draws, _ out: UnsafeMutablePointer<Float>, count: Int) {
    loop(count, grain: Self.grain, moves: 4 * count) { r in
      c.random_normal(at.advanced(by: r.lowerBound), out + r.lowerBound, r.count)
    }
  }
}
