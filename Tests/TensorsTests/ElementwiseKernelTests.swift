import CKernels
import Glibc
import Tensors
import Testing

private func sigmoid(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }
private func phi(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
private let tanhScale = (2 / Double.pi).squareRoot()

private struct Unary: Sendable {
  let op: ck_unary
  let f: @Sendable (Double) -> Double
  let slope: @Sendable (Double) -> Double
}

private let unaries: [Unary] = [
  Unary(op: CK_COPY, f: { $0 }, slope: { _ in 1 }),
  Unary(op: CK_NEGATE, f: { -$0 }, slope: { _ in -1 }),
  Unary(op: CK_ABS, f: { abs($0) }, slope: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }),
  Unary(op: CK_SQUARE, f: { $0 * $0 }, slope: { 2 * $0 }),
  Unary(op: CK_SQRT, f: { $0.squareRoot() }, slope: { 0.5 / $0.squareRoot() }),
  Unary(op: CK_RSQRT, f: { 1 / $0.squareRoot() }, slope: { -0.5 / ($0 * $0.squareRoot()) }),
  Unary(op: CK_RECIPROCAL, f: { 1 / $0 }, slope: { -1 / ($0 * $0) }),
  Unary(op: CK_EXP, f: { exp($0) }, slope: { exp($0) }),
  Unary(op: CK_LOG, f: { log($0) }, slope: { 1 / $0 }),
  Unary(op: CK_TANH, f: { tanh($0) }, slope: { 1 / (cosh($0) * cosh($0)) }),
  Unary(op: CK_SIGMOID, f: { sigmoid($0) }, slope: { sigmoid($0) * sigmoid(-$0) }),
  Unary(op: CK_SOFTPLUS, f: { max($0, 0) + log1p(exp(-abs($0))) }, slope: { sigmoid($0) }),
  Unary(op: CK_RELU, f: { $0 < 0 ? 0 : $0 }, slope: { $0 > 0 ? 1 : 0 }),
  Unary(
    op: CK_GELU, f: { $0 * phi($0) }, slope: { phi($0) + $0 * exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() }),
  Unary(
    op: CK_GELU_TANH, f: { $0 * sigmoid(2 * tanhScale * ($0 + 0.044715 * $0 * $0 * $0)) },
    slope: { x in
      let s = sigmoid(2 * tanhScale * (x + 0.044715 * x * x * x))
      return s + x * s * (1 - s) * 2 * tanhScale * (1 + 3 * 0.044715 * x * x)
    }),
  Unary(
    op: CK_QUICK_GELU, f: { $0 * sigmoid(1.702 * $0) },
    slope: { x in
      let s = sigmoid(1.702 * x)
      return s + 1.702 * x * s * (1 - s)
    }),
]

/// What comes from tables.
private let tables = [CK_GELU, CK_GELU_TANH]

@Suite struct ElementwiseKernelTests {
  @Test(arguments: levels) func everyFunctionIsAccurate(level: ck_level) {
    let kernels = Kernels(level: level)
    for unary in unaries {
      // Every length with moderate numbers, then a sweep over magnitudes.
      var inputs = lengths.map { noise($0, scale: 6) }
      inputs.append((0..<4000).map { 1e-6 * exp(Double($0) / 4000 * 23) * ($0 % 2 == 0 ? 1 : -1) })
      for input in inputs {
        let x = Numbers(input)
        let y = Numbers(zeros: x.count)
        kernels.unary(unary.op, x.elements, y.output, count: x.count)
        let expected = x.values.map { Double(Float(unary.f($0))) }
        // GELU's tail is exact to 1e−7, as PyTorch's is, which takes it for 1 + erf.
        #expect(mismatch(y.values, expected, 1e-6, scale: 1e-1) == nil, "\(unary.op) \(x.count)")
        #expect(
          mismatch(y.values, expected, 2e-5, scale: tables.contains(unary.op) ? 5e-3 : 1e-30) == nil,
          "\(unary.op) \(x.count)")
        #expect(y.isIntact)
      }
    }
  }

  @Test(arguments: levels) func gradientsFollowTheFunctions(level: ck_level) {
    let kernels = Kernels(level: level)
    for unary in unaries {
      for n in lengths {
        for type in [CK_F32, CK_BF16] {
          let positive = [CK_SQRT, CK_RSQRT, CK_LOG, CK_RECIPROCAL].contains(unary.op)
          let x = Numbers(noise(n, scale: 3).map { positive ? abs($0) + 0.1 : $0 })
          let g = Numbers(type, noise(n, seed: 9))
          let saved = ck_unary_saves_output(unary.op) != 0 ? Numbers(x.values.map(unary.f)) : x
          let dx = Numbers(type, zeros: n)
          kernels.unaryBackward(unary.op, g: g.elements, saved: saved.elements, dx: dx.output, count: n)
          let expected = (0..<n).map { g[$0] * unary.slope(x[$0]) }
          #expect(mismatch(dx.values, expected, type == CK_F32 ? 2e-6 : 5e-3, scale: 1) == nil, "\(unary.op) \(n)")
          #expect(dx.isIntact)
        }
      }
    }
  }

  @Test(arguments: levels) func specialValuesComeOutAsInArithmetic(level: ck_level) {
    let kernels = Kernels(level: level)
    let tiny = Double(Float.leastNonzeroMagnitude)
    let special: [Double] = [
      .nan, .infinity, -.infinity, 0, -0.0, tiny, -tiny, 1e-40, 3e38, -3e38, 88.7, 89, -87.5, -103,
    ]
    for unary in unaries {
      let x = Numbers(special)
      let y = Numbers(zeros: x.count)
      kernels.unary(unary.op, x.elements, y.output, count: x.count)
      for (i, value) in x.values.enumerated() {
        let expected = Double(Float(unary.f(value)))
        // −∞ · 0, in these formulas as in ours; and a cube that overflows on the way to 0.
        if tables.contains(unary.op) && value < -8 {
          #expect(abs(y[i]) < 1e-8, "\(unary.op) of \(value) is \(y[i])")
        } else if unary.op == CK_QUICK_GELU && value < -1e30 {
          #expect(y[i] == 0 || y[i].isNaN, "\(unary.op) of \(value) is \(y[i])")
        } else {
          #expect(agree(y[i], expected, 1e-6, scale: 1e-37), "\(unary.op) of \(value) is \(y[i]), not \(expected)")
        }
      }
    }
    let exponents = Numbers([-100, -95, -90])
    let y = Numbers(zeros: 3)
    kernels.unary(CK_EXP, exponents.elements, y.output, count: 3)
    for i in 0..<3 { #expect(abs(y[i] - exp(exponents[i])) <= tiny, "denormal exp") }
  }

  @Test(arguments: levels) func castsRoundToNearestEven(level: ck_level) {
    let kernels = Kernels(level: level)
    var patterns: [UInt32] = [0, 0x8000_0000, 1, 0x7f80_0000, 0xff80_0000, 0x7f80_0001, 0x7fc0_1234, 0x7f7f_ffff]
    for i in 0..<UInt32(4000) { patterns.append(i &* 2_654_435_761) }
    for exact in [UInt32(0x3f80_8000), 0x3f81_8000, 0x3f80_8001, 0x0000_8000, 0x0001_8000] { patterns.append(exact) }
    let x = Numbers(zeros: patterns.count)
    for (i, pattern) in patterns.enumerated() { x.words[i] = pattern }
    let y = Numbers(CK_BF16, zeros: x.count)
    kernels.cast(x.elements, y.output, count: x.count)
    for i in 0..<x.count {
      #expect(y.start.load(fromByteOffset: 2 * i, as: UInt16.self) == bfloat(Float(bitPattern: patterns[i])))
    }
    let back = Numbers(zeros: x.count)
    kernels.cast(y.elements, back.output, count: x.count)
    #expect(mismatch(back.values, y.values, 0) == nil)

    // Every fp16 number there is.
    var halves = (0...UInt16.max).map { $0 }
    let wide = Numbers(zeros: halves.count)
    halves.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      kernels.cast(Elements(base, CK_F16), wide.output, count: wide.count)
    }
    for (i, half) in halves.enumerated() {
      #expect(agree(wide[i], Double(fp16(half)), 0), "\(half) became \(wide[i])")
    }
  }

  @Test(arguments: levels) func binaryOperationsBroadcast(level: ck_level) {
    let kernels = Kernels(level: level)
    let operations: [(ck_binary, (Double, Double) -> Double)] = [
      (CK_ADD, { $0 + $1 }), (CK_SUBTRACT, { $0 - $1 }), (CK_MULTIPLY, { $0 * $1 }), (CK_DIVIDE, { $0 / $1 }),
      (CK_MAXIMUM, { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }),
      (CK_MINIMUM, { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }),
      (CK_GREATER, { $0 > $1 ? 1 : 0 }), (CK_GREATER_EQUAL, { $0 >= $1 ? 1 : 0 }), (CK_EQUAL, { $0 == $1 ? 1 : 0 }),
      (CK_REVERSE_SUBTRACT, { $1 - $0 }), (CK_REVERSE_DIVIDE, { $1 / $0 }),
    ]
    let types: [(ck_element, ck_element, ck_element)] = [
      (CK_F32, CK_F32, CK_F32), (CK_BF16, CK_BF16, CK_BF16), (CK_F32, CK_BF16, CK_F32), (CK_BF16, CK_F32, CK_BF16),
    ]
    for (op, f) in operations {
      for (tx, ty, tz) in types {
        let tolerance = tz == CK_F32 ? 1e-6 : 4e-3
        for (rows, n) in [(1, 0), (1, 1), (3, 7), (5, 16), (2, 33), (17, 65), (9, 197), (70, 300)] {
          var values = noise(rows * n)
          for i in stride(from: 0, to: values.count, by: 5) { values[i] = 0.5 }
          if values.count > 3 { values[3] = .nan }
          let x = Numbers(tx, values)
          let row = Numbers(ty, noise(n, seed: 3).map { $0 < -1.5 ? 0.5 : $0 })
          let column = Numbers(ty, noise(rows, seed: 4))
          let same = Numbers(ty, (0..<rows * n).map { $0 % 4 == 0 ? 0.5 : values[($0 * 7) % values.count] + 0.25 })
          let z = Numbers(tz, zeros: rows * n)
          kernels.binary(op, x.elements, same.elements, z.output, count: rows * n)
          #expect(mismatch(z.values, (0..<rows * n).map { f(x[$0], same[$0]) }, tolerance) == nil, "\(op)")
          kernels.binary(op, x.elements, row: row.elements, z.output, rows: rows, n: n)
          #expect(mismatch(z.values, (0..<rows * n).map { f(x[$0], row[$0 % n]) }, tolerance) == nil, "\(op)")
          kernels.binary(op, x.elements, column: column.elements, z.output, rows: rows, n: n)
          #expect(mismatch(z.values, (0..<rows * n).map { f(x[$0], column[$0 / n]) }, tolerance) == nil, "\(op)")
          kernels.binary(op, x.elements, 0.5, z.output, count: rows * n)
          #expect(mismatch(z.values, (0..<rows * n).map { f(x[$0], 0.5) }, tolerance) == nil, "\(op)")
          #expect(z.isIntact)
          if tx == tz {
            kernels.binary(op, x.elements, same.elements, z.output, count: rows * n)
            kernels.binary(op, x.elements, same.elements, x.output, count: rows * n)
            #expect(x.bytes == z.bytes, "in place")
          }
        }
      }
    }
    let x = Numbers(noise(197))
    let y = Numbers(CK_BF16, noise(197, seed: 8))
    let z = Numbers(zeros: 197)
    kernels.scaledAdd(0.25, x.elements, -3, y.elements, z.output, count: 197)
    #expect(mismatch(z.values, (0..<197).map { 0.25 * x[$0] - 3 * y[$0] }, 1e-6, scale: 1) == nil)
  }

  @Test(arguments: levels) func movedNumbersAreTheSame(level: ck_level) {
    let kernels = Kernels(level: level)
    for type in [CK_F32, CK_BF16] {
      for (batch, rows, n) in [(1, 1, 1), (2, 3, 5), (1, 16, 16), (3, 33, 17), (2, 65, 197), (1, 0, 4)] {
        let x = Numbers(type, noise(batch * rows * n))
        let y = Numbers(type, zeros: x.count)
        kernels.transpose(size: type.size, x.start, y.start, batch: batch, rows: rows, columns: n)
        let expected = (0..<x.count).map { i in
          x[i / (rows * n) * rows * n + i % rows * n + i % (rows * n) / rows]
        }
        #expect(mismatch(y.values, expected, 0) == nil, "\(rows) × \(n)")
        #expect(y.isIntact)
      }
      let ids: [Int32] = [3, 0, 3, 1, 3, 0, 6]
      for n in [1, 7, 33, 197] {
        let x = Numbers(type, noise(7 * n))
        let y = Numbers(type, zeros: ids.count * n)
        kernels.gatherRows(x.start, ids: ids, y.start, count: ids.count, rowBytes: n * type.size)
        #expect(mismatch(y.values, (0..<ids.count * n).map { x[Int(ids[$0 / n]) * n + $0 % n] }, 0) == nil)
        let sums = Numbers(noise(7 * n, seed: 2))
        var expected = sums.values
        for i in 0..<ids.count * n { expected[Int(ids[i / n]) * n + i % n] += y[i] }
        kernels.scatterAddRows(g: y.elements, ids: ids, sums.floats, count: ids.count, rows: 7, n: n)
        #expect(mismatch(sums.values, expected, 1e-6, scale: 1) == nil)
      }
    }
  }

  @Test(arguments: levels) func optimizerStepsFollowTheirPapers(level: ck_level) {
    let kernels = Kernels(level: level)
    for n in lengths {
      let (p, g) = (Numbers(noise(n)), Numbers(noise(n, seed: 2)))
      let (m, v) = (Numbers(noise(n, seed: 3)), Numbers(noise(n, seed: 4).map(abs)))
      let before = (p: p.values, m: m.values, v: v.values)
      let settings = ck_adamw(
        rate: 0.01, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weight_decay: 0.1, correction1: 0.271, correction2: 0.0588,
        gradient_scale: 0.5)
      kernels.adamW(settings, parameters: p.floats, gradients: g.floats, m: m.floats, v: v.floats, count: n)
      let m1 = (0..<n).map { i -> Double in 0.9 * before.m[i] + 0.1 * 0.5 * g[i] }
      let v1 = (0..<n).map { i -> Double in 0.98 * before.v[i] + 0.02 * 0.25 * g[i] * g[i] }
      let p1 = (0..<n).map { i -> Double in
        let root = (v1[i] / 0.0588).squareRoot() + 1e-8
        return before.p[i] * (1 - 0.001) - 0.01 * m1[i] / 0.271 / root
      }
      #expect(mismatch(m.values, m1, 2e-6, scale: 1) == nil)
      #expect(mismatch(v.values, v1, 2e-6, scale: 1) == nil)
      #expect(mismatch(p.values, p1, 2e-6, scale: 1) == nil)
      #expect(p.isIntact && m.isIntact && v.isIntact)

      for nesterov in [false, true] {
        let (p, velocity) = (Numbers(noise(n)), Numbers(noise(n, seed: 5)))
        let before = (p: p.values, velocity: velocity.values)
        let settings = ck_sgd(
          rate: 0.1, momentum: 0.9, weight_decay: 0.01, nesterov: nesterov ? 1 : 0, gradient_scale: 2)
        kernels.sgd(settings, parameters: p.floats, gradients: g.floats, velocity: velocity.floats, count: n)
        let total = (0..<n).map { i -> Double in 2 * g[i] + 0.01 * before.p[i] }
        let speed = (0..<n).map { i -> Double in 0.9 * before.velocity[i] + total[i] }
        let p1 = (0..<n).map { i -> Double in
          let direction: Double = nesterov ? total[i] + 0.9 * speed[i] : speed[i]
          return before.p[i] - 0.1 * direction
        }
        #expect(mismatch(p.values, p1, 2e-6, scale: 1) == nil)
        #expect(mismatch(velocity.values, speed, 2e-6, scale: 1) == nil)
      }
    }
  }

  @Test func bitsDoNotDependOnThreads() {
    let kernels = Kernels.best
    let n = 100_003
    let (x, g) = (Numbers(noise(n)), Numbers(noise(n, seed: 2)))
    #expect(
      sameBits {
        let (y, dx, wide) = (Numbers(zeros: n), Numbers(CK_BF16, zeros: n), Numbers(zeros: 101))
        kernels.unary(CK_GELU, x.elements, y.output, count: n)
        kernels.unaryBackward(CK_GELU, g: g.elements, saved: x.elements, dx: dx.output, count: n)
        kernels.sumColumns(x.elements, wide.floats, rows: n / 101, n: 101)
        return [y, dx, wide, Numbers([kernels.sum(x.elements, count: n), kernels.sumSquares(x.elements, count: n)])]
      })
  }
}

/// The value of fp16's bits, by its definition.
private func fp16(_ half: UInt16) -> Float {
  let (exponent, fraction) = (Int(half >> 10) & 31, Float(half & 1023))
  let sign: Float = half >> 15 == 1 ? -1 : 1
  if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
  return exponent == 0
    ? sign * fraction * 0x1p-24 : sign * (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
}
