import CKernels
import Glibc
import Tensors
import Testing

/// One product, described.
struct ProductCase: Sendable, CustomStringConvertible {
  var m: Int, n: Int, k: Int
  var transposedA = false, transposedB = false
  var aElement = MatrixElement.float32, bElement = MatrixElement.float32, cElement = MatrixElement.float32
  var precision = ProductPrecision.fp32
  var extraStride = 0
  var accumulate = false
  var description: String {
    "\(m)×\(n)×\(k) \(transposedA ? "Aᵀ" : "A")\(transposedB ? "Bᵀ" : "B") \(aElement) \(bElement) \(cElement) \(precision)"
  }
}

@Suite struct GemmTests {
  static let sizes = [0, 1, 2, 3, 15, 17, 33, 63, 65, 127]

  /// All sizes in all places, though not in all combinations: each pair of (m, n), (n, k) and (m, k) occurs.
  static let shapes: [(Int, Int, Int)] = sizes.indices.flatMap { i in
    sizes.indices.map { j in (sizes[i], sizes[j], sizes[(i + j) % sizes.count]) }
  }

  @Test(arguments: levels) func agreesWithPlainLoops(level: ck_level) {
    for (m, n, k) in Self.shapes {
      for bits in 0..<16 {
        check(
          ProductCase(
            m: m, n: n, k: k, transposedA: bits & 1 != 0, transposedB: bits & 2 != 0,
            precision: bits & 4 != 0 ? .bf16 : .fp32, extraStride: bits & 8 != 0 ? 5 : 0, accumulate: bits & 8 != 0),
          level)
      }
    }
  }

  @Test(arguments: levels) func everyMixtureOfElements(level: ck_level) {
    for (m, n, k) in [(1, 1, 1), (17, 33, 63), (65, 65, 127), (30, 64, 600), (3, 48, 515)] {
      for a in MatrixElement.allCases {
        for b in MatrixElement.allCases {
          for c in MatrixElement.allCases {
            for bits in 0..<8 {
              check(
                ProductCase(
                  m: m, n: n, k: k, transposedA: bits & 1 != 0, transposedB: bits & 2 != 0, aElement: a, bElement: b,
                  cElement: c, precision: .bf16, extraStride: 3, accumulate: bits & 4 != 0), level)
            }
          }
        }
      }
    }
  }

  /// Several blocks of depths, several blocks of rows in a chunk, several chunks.
  @Test(arguments: levels) func largeShapes(level: ck_level) {
    for precision in ProductPrecision.allCases {
      for (m, n, k) in [
        (300, 70, 1000), (40, 1100, 520), (2, 3, 9000), (130, 130, 777), (50, 768, 700), (100, 510, 900),
      ] {
        for bits in 0..<4 {
          let c = bits == 3 ? MatrixElement.bfloat16 : .float32
          check(
            ProductCase(
              m: m, n: n, k: k, transposedA: bits & 1 != 0, transposedB: bits & 2 != 0, cElement: c,
              precision: precision), level)
        }
      }
    }
  }

  /// Gradients of weights: sums of so many terms that every chunk packs its own part of B. One is cut by the caches into
  /// more than one chunk for every thread.
  @Test(arguments: levels) func deepSums(level: ck_level) {
    for precision in ProductPrecision.allCases {
      for (m, n, k) in [(30, 48, 1536), (65, 17, 4000), (240, 800, 1551), (1, 200, 1600), (70, 3, 1537)] {
        for bits in 0..<8 {
          check(
            ProductCase(
              m: m, n: n, k: k, transposedA: true, transposedB: bits & 1 != 0,
              cElement: bits & 2 != 0 ? .bfloat16 : .float32, precision: precision, extraStride: 1,
              accumulate: bits & 4 != 0), level)
        }
      }
    }
  }

  /// So large that B is packed in pieces, with C on hold in between.
  @Test func piecewiseB() {
    check(ProductCase(m: 3, n: 170, k: 40_000), ck_best_level())
    check(ProductCase(m: 2, n: 33, k: 80_000), ck_best_level())
    check(ProductCase(m: 3, n: 70, k: 300_000, cElement: .bfloat16, precision: .bf16), ck_best_level())
  }

  private func check(_ x: ProductCase, _ level: ck_level) {
    var random = TestRandom(x.m * 7 + x.n * 3 + x.k)
    let a = TestMatrix(
      rows: x.transposedA ? x.k : x.m, columns: x.transposedA ? x.m : x.k, element: x.aElement,
      extraStride: x.extraStride
    ) { _, _ in random.uniform() }
    let b = TestMatrix(
      rows: x.transposedB ? x.n : x.k, columns: x.transposedB ? x.k : x.n, element: x.bElement,
      extraStride: x.extraStride
    ) { _, _ in random.uniform() }
    let before = (0..<x.m).map { _ in (0..<x.n).map { _ in x.accumulate ? random.uniform() : .nan } }
    let c = TestMatrix(rows: x.m, columns: x.n, element: x.cElement, extraStride: x.extraStride) { before[$0][$1] }
    gemm(
      m: x.m, n: x.n, k: x.k, a: a.operand(transposed: x.transposedA), b: b.operand(transposed: x.transposedB),
      c: c.result, accumulate: x.accumulate, kernels: GemmKernels(x.precision, level: level))
    #expect(c.isFramed, "\(x) wrote beside C")
    let round = x.precision == .bf16 ? roundedToBFloat16 : { $0 }
    // In whole rows for small products, and in a sample of the others.
    let step = max(1, x.m * x.n * x.k / 500_000)
    for index in stride(from: 0, to: x.m * x.n, by: step) {
      let (i, j) = (index / x.n, index % x.n)
      var sum = 0.0
      var magnitude = 0.0
      for p in 0..<x.k {
        let product =
          Double(round(x.transposedA ? a[p, i] : a[i, p])) * Double(round(x.transposedB ? b[j, p] : b[p, j]))
        sum += product
        magnitude += abs(product)
      }
      if x.accumulate { sum += Double(x.cElement == .float32 ? before[i][j] : roundedToBFloat16(before[i][j])) }
      let tolerance = magnitude * 3e-7 + 1e-6 + (x.cElement == .bfloat16 ? abs(sum) / 256 : 0)
      guard abs(Double(c[i, j]) - sum) <= tolerance else {
        Issue.record("\(x) at level \(level.rawValue): [\(i), \(j)] is \(c[i, j]), should be \(sum)")
        return
      }
    }
  }

  /// A NaN or an infinity reaches exactly the elements that it reaches in plain loops, and a zero does not stop it.
  @Test(arguments: levels) func nonFiniteValues(level: ck_level) {
    for precision in ProductPrecision.allCases {
      for element in precision == .bf16 ? MatrixElement.allCases : [.float32] {
        for (m, n, k) in [(17, 35, 21), (1, 1, 1), (3, 40, 300)] {
          let a = TestMatrix(rows: m, columns: k, element: element) { i, p in
            i == 0 && p == k - 1 ? .nan : i == 1 && p == 0 ? .infinity : i == 2 ? 0 : 1
          }
          let b = TestMatrix(rows: k, columns: n, element: element) { p, j in
            j == 3 && p == 0 ? -.infinity : j == 4 && p == 1 ? Float(bitPattern: 0x7f80_0001) : j == 5 ? 0 : 2
          }
          let c = TestMatrix(rows: m, columns: n) { _, _ in 5 }
          gemm(
            m: m, n: n, k: k, a: a.operand(), b: b.operand(), c: c.result,
            kernels: GemmKernels(precision, level: level))
          for i in 0..<m {
            for j in 0..<n {
              var sum: Float = 0
              for p in 0..<k { sum += a[i, p] * b[p, j] }
              let same = sum.isNaN ? c[i, j].isNaN : c[i, j] == sum
              #expect(same, "\(precision) \(element): [\(i), \(j)] is \(c[i, j]), should be \(sum)")
            }
          }
        }
      }
    }
  }

  @Test(arguments: ProductPrecision.allCases) func sameBitsOnAnyNumberOfThreads(precision: ProductPrecision) {
    for (m, n, k, transposed) in [
      (77, 192, 192, false), (96, 65, 3000, true), (250, 800, 1545, true), (520, 70, 130, false), (3, 33, 90_000, true),
    ] {
      var random = TestRandom(k)
      let a = TestMatrix(rows: transposed ? k : m, columns: transposed ? m : k) { _, _ in random.uniform() }
      let b = TestMatrix(rows: k, columns: n) { _, _ in random.uniform() }
      let results = [1, 2, 5, 40].map { threads in
        let c = TestMatrix(rows: m, columns: n) { _, _ in 0 }
        ThreadPool.$current.withValue(ThreadPool(threads: threads)) {
          gemm(
            m: m, n: n, k: k, a: a.operand(transposed: transposed), b: b.operand(), c: c.result, precision: precision)
        }
        return c.bits
      }
      #expect(results.allSatisfy { $0 == results[0] })
    }
  }

  /// What an image's embedding is must not depend on the size of its batch.
  @Test(arguments: levels) func aRowDependsOnNoOtherRow(level: ck_level) {
    for precision in ProductPrecision.allCases {
      let kernels = GemmKernels(precision, level: level)
      let (m, n, k) = (61, 75, 700)
      var random = TestRandom(3)
      let a = TestMatrix(rows: m, columns: k) { _, _ in random.uniform() }
      let b = TestMatrix(rows: k, columns: n) { _, _ in random.uniform() }
      let whole = TestMatrix(rows: m, columns: n) { _, _ in 0 }
      gemm(m: m, n: n, k: k, a: a.operand(), b: b.operand(), c: whole.result, kernels: kernels)
      let packed = PackedMatrix(b.operand(), k: k, n: n, kernels: kernels)
      for first in [0, 1, 2, 13, 60] {
        for rows in [1, 2, 5, 16, 50] where first + rows <= m {
          let part = TestMatrix(rows: rows, columns: n) { _, _ in 0 }
          var shifted = a.operand()
          shifted.pointer += first * k * 4
          gemm(m: rows, a: shifted, b: packed, c: part.result)
          #expect(part.bits == Array(whole.bits[first * n..<(first + rows) * n]))
        }
      }
    }
  }
}
