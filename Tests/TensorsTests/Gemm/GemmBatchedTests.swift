import CKernels
import Tensors
import Testing

@Suite struct GemmBatchedTests {
  /// Each product of a batch has the bits that it has alone, shared operands or not.
  @Test(arguments: levels) func agreesWithSingleProducts(level: ck_level) {
    for precision in ProductPrecision.allCases {
      let kernels = GemmKernels(precision, level: level)
      for (batch, m, n, k) in [
        (0, 3, 3, 3), (1, 5, 7, 9), (7, 65, 33, 64), (5, 1, 70, 300), (3, 4, 0, 2), (2, 3, 3, 0),
      ] {
        for bits in 0..<16 {
          let (sharedA, sharedB) = (bits & 1 != 0, bits & 2 != 0)
          var random = TestRandom(bits)
          let a = TestMatrix(rows: batch * (bits & 4 != 0 ? k : m), columns: bits & 4 != 0 ? m : k) { _, _ in
            random.uniform()
          }
          let b = TestMatrix(rows: batch * (bits & 8 != 0 ? n : k), columns: bits & 8 != 0 ? k : n) { _, _ in
            random.uniform()
          }
          let together = TestMatrix(rows: batch * m, columns: n) { _, _ in .nan }
          let single = TestMatrix(rows: batch * m, columns: n) { _, _ in .nan }
          let (left, right) = (a.operand(transposed: bits & 4 != 0), b.operand(transposed: bits & 8 != 0))
          gemmBatched(
            batch: batch, m: m, n: n, k: k, a: left, aStride: sharedA ? 0 : m * k, b: right,
            bStride: sharedB ? 0 : k * n, c: together.result, cStride: m * n, kernels: kernels)
          for i in 0..<batch {
            var (l, r, c) = (left, right, single.result)
            l.pointer += sharedA ? 0 : i * m * k * 4
            r.pointer += sharedB ? 0 : i * k * n * 4
            c.pointer += i * m * n * 4
            gemm(m: m, n: n, k: k, a: l, b: r, c: c, kernels: kernels)
          }
          #expect(together.bits == single.bits, "batch \(batch) of \(m)×\(n)×\(k), case \(bits)")
        }
      }
    }
  }

  /// The two ways to run a batch, whole products in parallel or one product after the other, have the same bits.
  @Test func largeProductsOfABatch() {
    let (batch, m, n, k) = (2, 300, 500, 700)
    var random = TestRandom(1)
    let a = TestMatrix(rows: batch * m, columns: k) { _, _ in random.uniform() }
    let b = TestMatrix(rows: batch * k, columns: n) { _, _ in random.uniform() }
    let together = TestMatrix(rows: batch * m, columns: n) { _, _ in 1 }
    let single = TestMatrix(rows: batch * m, columns: n) { _, _ in 1 }
    gemmBatched(
      batch: batch, m: m, n: n, k: k, a: a.operand(), aStride: m * k, b: b.operand(), bStride: k * n,
      c: together.result, cStride: m * n, accumulate: true, precision: .fp32)
    for i in 0..<batch {
      var (l, r, c) = (a.operand(), b.operand(), single.result)
      l.pointer += i * m * k * 4
      r.pointer += i * k * n * 4
      c.pointer += i * m * n * 4
      gemm(m: m, n: n, k: k, a: l, b: r, c: c, accumulate: true, precision: .fp32)
    }
    #expect(together.bits == single.bits)
  }
}
