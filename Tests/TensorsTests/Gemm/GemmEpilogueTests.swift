import CKernels
import Glibc
import Tensors
import Testing

@Suite struct GemmEpilogueTests {
  struct Parts: OptionSet, CaseIterable {
    let rawValue: Int
    static let bias = Parts(rawValue: 1), pre = Parts(rawValue: 2), slope = Parts(rawValue: 4)
    static let residual = Parts(rawValue: 8), accumulate = Parts(rawValue: 16)
    static let allCases = (0..<32).map { Parts(rawValue: $0) }
  }

  @Test(arguments: levels) func everyCombination(level: ck_level) {
    for activation in FusedActivation.allCases {
      for parts in Parts.allCases {
        for element in MatrixElement.allCases {
          for (m, n, k) in [(17, 49, 40), (5, 64, 600), (3, 5, 0), (1, 16, 1)] {
            check(activation, parts, element, m, n, k, level)
          }
        }
      }
    }
  }

  private func check(
    _ activation: FusedActivation, _ parts: Parts, _ element: MatrixElement, _ m: Int, _ n: Int, _ k: Int,
    _ level: ck_level
  ) {
    var random = TestRandom(m + n + k)
    func matrix(_ rows: Int, _ columns: Int, _ element: MatrixElement, _ scale: Float = 1) -> TestMatrix {
      TestMatrix(rows: rows, columns: columns, element: element, extraStride: 3) { _, _ in random.uniform() * scale }
    }
    let a = matrix(m, k, .float32)
    let b = matrix(k, n, .float32, k > 100 ? 0.2 : 1)
    let bias = (0..<n).map { _ in random.uniform() }
    let pre = matrix(m, n, element)
    // The other type than C's, to see that they are independent.
    let slope = matrix(m, n, element == .float32 ? .bfloat16 : .float32, 4)
    let residual = matrix(m, n, element == .float32 ? .bfloat16 : .float32)
    let c = matrix(m, n, element)
    let before = (0..<m).map { i in (0..<n).map { c[i, $0] } }
    bias.withUnsafeBufferPointer { bias in
      gemm(
        m: m, n: n, k: k, a: a.operand(), b: b.operand(), c: c.result, accumulate: parts.contains(.accumulate),
        epilogue: GemmEpilogue(
          bias: parts.contains(.bias) ? bias.baseAddress : nil, activation: activation,
          preActivation: parts.contains(.pre) ? pre.result : nil,
          activationInput: parts.contains(.slope) ? slope.operand() : nil,
          residual: parts.contains(.residual) ? residual.operand() : nil),
        kernels: GemmKernels(.fp32, level: level))
    }
    #expect(c.isFramed && pre.isFramed && slope.isFramed && residual.isFramed)
    let rounding = element == .bfloat16 ? 1.0 / 256 : 0
    for i in 0..<m {
      for j in 0..<n {
        var x = 0.0
        for p in 0..<k { x += Double(a[i, p]) * Double(b[p, j]) }
        if parts.contains(.bias) { x += Double(bias[j]) }
        if parts.contains(.pre) {
          #expect(abs(Double(pre[i, j]) - x) <= 3e-6 + rounding * abs(x))
        }
        // For results in bf16 the activations themselves are good to 1e−4.
        let coarse = element == .bfloat16 ? 2e-4 * abs(x) : 0
        x =
          parts.contains(.slope) ? x * reference(activation, Double(slope[i, j])).slope : reference(activation, x).value
        if parts.contains(.residual) { x += Double(residual[i, j]) }
        if parts.contains(.accumulate) { x += Double(before[i][j]) }
        guard abs(Double(c[i, j]) - x) <= 1e-5 + coarse + rounding * abs(x) else {
          Issue.record(
            "\(activation) \(parts.rawValue) \(element) \(m)×\(n)×\(k): [\(i), \(j)] is \(c[i, j]), should be \(x)")
          return
        }
      }
    }
  }

  /// The activations by themselves: a product with k = 0, so that the bias is all there is.
  @Test(arguments: levels) func activationsAreAccurate(level: ck_level) {
    let xs =
      stride(from: Float(-15), through: 15, by: 0.00731).map { $0 } + [
        0, -0.0, 1e-30, -1e-30, 50, -50, 1e4, -1e4, 1e20,
      ]
    let kernels = GemmKernels(.fp32, level: level)
    for activation in FusedActivation.allCases {
      let value = TestMatrix(rows: 1, columns: xs.count) { _, _ in .nan }
      let slope = TestMatrix(rows: 1, columns: xs.count) { _, _ in .nan }
      let inputs = TestMatrix(rows: 1, columns: xs.count) { xs[$1] }
      xs.withUnsafeBufferPointer { xs in
        gemm(
          m: 1, n: xs.count, k: 0, a: inputs.operand(), b: inputs.operand(), c: value.result,
          epilogue: GemmEpilogue(bias: xs.baseAddress, activation: activation), kernels: kernels)
      }
      [Float](repeating: 1, count: xs.count).withUnsafeBufferPointer { ones in
        gemm(
          m: 1, n: xs.count, k: 0, a: inputs.operand(), b: inputs.operand(), c: slope.result,
          epilogue: GemmEpilogue(
            bias: ones.baseAddress, activation: activation, activationInput: inputs.operand()), kernels: kernels)
      }
      for (j, x) in xs.enumerated() {
        let right = reference(activation, Double(x))
        #expect(abs(Double(value[0, j]) - right.value) <= 2e-7 + 4e-7 * abs(right.value), "\(activation)(\(x))")
        #expect(abs(Double(slope[0, j]) - right.slope) <= 1e-6, "\(activation)′(\(x))")
      }
    }
  }

  @Test(arguments: levels) func activationsOfNonFiniteValues(level: ck_level) {
    let xs: [Float] = [.nan, .infinity]
    for activation in FusedActivation.allCases {
      let c = TestMatrix(rows: 1, columns: 2) { _, _ in 0 }
      xs.withUnsafeBufferPointer { xs in
        gemm(
          m: 1, n: 2, k: 0, a: c.operand(), b: c.operand(), c: c.result,
          epilogue: GemmEpilogue(bias: xs.baseAddress, activation: activation),
          kernels: GemmKernels(.fp32, level: level))
      }
      #expect(c[0, 0].isNaN)
      #expect(c[0, 1] == .infinity)
    }
  }

  @Test func residualMayBeTheResult() {
    let (m, n, k) = (20, 40, 700)
    let a = TestMatrix(rows: m, columns: k) { i, p in Float((i + p) % 3) }
    let b = TestMatrix(rows: k, columns: n) { p, j in Float((j + p) % 5) }
    let sum = TestMatrix(rows: m, columns: n) { i, j in Float(i - j) }
    let accumulated = TestMatrix(rows: m, columns: n) { i, j in Float(i - j) }
    gemm(
      m: m, n: n, k: k, a: a.operand(), b: b.operand(), c: sum.result, precision: .fp32,
      epilogue: GemmEpilogue(residual: sum.operand()))
    gemm(m: m, n: n, k: k, a: a.operand(), b: b.operand(), c: accumulated.result, accumulate: true, precision: .fp32)
    #expect(sum.bits == accumulated.bits)
  }
}
