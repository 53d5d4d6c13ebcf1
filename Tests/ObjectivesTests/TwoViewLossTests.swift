import Encoders
import Objectives
import Tensors
import TestSupport
import Testing

/// The losses of two views: the papers' pseudo-code in loops, in double precision, with gradients by central differences;
/// symmetries and closed forms.
@Suite struct TwoViewLossTests {
  @Test(arguments: [[1, 3], [2, 5], [5, 4], [9, 16]]) func ntXentIsThePapers(shape: [Int]) {
    let tau = 0.3
    check(
      OpCase(
        "NT-Xent", [shape, shape], { ntXent($0[0].normalizedL2(), $0[1].normalizedL2(), temperature: Float(tau)) },
        { x in
          // Algorithm 1: for all i in 1…2N and j in 1…2N: s(i, j); ℓ(i, j) leaves out k = i.
          let z = Rows(x[0]).normalized.rows + Rows(x[1]).normalized.rows
          let n = shape[0]
          func loss(_ i: Int, _ j: Int) -> Double {
            let others = (0..<2 * n).filter { $0 != i }.map { dot(z[i], z[$0]) / tau }
            return logSumExp(others) - dot(z[i], z[j]) / tau
          }
          return scalar((0..<n).reduce(0.0) { $0 + loss($1, $1 + n) + loss($1 + n, $1) } / Double(2 * n))
        }), tolerance: 5e-5)
  }

  @Test(arguments: [[1, 3], [4, 5], [7, 16]]) func bankContrastIsThePapers(shape: [Int]) {
    let tau = 0.2
    let size = 6
    check(
      OpCase(
        "bank", [shape, shape, [size, shape[1]]], differentiable: [true, false, false],
        {
          bankContrast($0[0].normalizedL2(), $0[1].normalizedL2(), bank: $0[2].normalizedL2(), temperature: Float(tau))
        },
        { x in
          let (q, k, bank) = (Rows(x[0]).normalized.rows, Rows(x[1]).normalized.rows, Rows(x[2]).normalized.rows)
          let losses = q.indices.map { i in
            let own = dot(q[i], k[i]) / tau
            return logSumExp([own] + bank.map { dot(q[i], $0) / tau }) - own
          }
          return scalar(mean(losses))
        }), tolerance: 5e-5)
  }

  @Test(arguments: [[1, 3], [4, 5], [7, 16]]) func batchContrastIsThePapers(shape: [Int]) {
    let tau = 0.5
    check(
      OpCase(
        "batch", [shape, shape], differentiable: [true, false],
        { batchContrast($0[0].normalizedL2(), $0[1].normalizedL2(), temperature: Float(tau)) },
        { x in
          let (q, k) = (Rows(x[0]).normalized.rows, Rows(x[1]).normalized.rows)
          let losses = q.indices.map { i in logSumExp(k.map { dot(q[i], $0) / tau }) - dot(q[i], k[i]) / tau }
          return scalar(2 * tau * mean(losses))
        }), tolerance: 5e-5)
  }

  @Test(arguments: [[1, 3], [4, 5], [7, 16]]) func cosineIsThePapers(shape: [Int]) {
    check(
      OpCase(
        "cosine", [shape, shape], { meanCosine($0[0], $0[1]) },
        { x in
          let (p, z) = (Rows(x[0]).normalized.rows, Rows(x[1]).normalized.rows)
          return scalar(mean(zip(p, z).map(dot)))
        }), tolerance: 5e-5)
  }

  @Test(arguments: [[3, 1], [4, 3], [9, 6]]) func redundancyReductionIsThePapers(shape: [Int]) {
    let lambda = 0.05
    check(
      OpCase(
        "Barlow Twins", [shape, shape],
        {
          let (invariance, redundancy) = redundancyReduction($0[0], $0[1])
          return invariance + redundancy * Float(lambda)
        },
        { x in
          // Algorithm 1: normalise along the batch, c = z_aᵀ z_b / N, (c − I)² with λ off the diagonal.
          func standardized(_ x: Reference) -> [[Double]] {
            Rows(x).columns.map { column in
              let m = mean(column)
              let variance = mean(column.map { ($0 - m) * ($0 - m) })
              return column.map { ($0 - m) / (variance + 1e-5).squareRoot() }
            }
          }
          let (a, b) = (standardized(x[0]), standardized(x[1]))
          var loss = 0.0
          for i in a.indices {
            for j in b.indices {
              let c = dot(a[i], b[j]) / Double(shape[0])
              loss += i == j ? (c - 1) * (c - 1) : lambda * c * c
            }
          }
          return scalar(loss)
        }), tolerance: 1e-4)
  }

  @Test(arguments: [[3, 1], [4, 3], [9, 6]]) func vicRegIsThePapers(shape: [Int]) {
    check(
      OpCase(
        "variance", [shape], in: -0.8...0.8, { varianceHinge($0[0]) },
        { x in
          scalar(
            mean(
              Rows(x[0]).columns.map { column in
                let m = mean(column)
                let variance = column.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(column.count - 1)
                return max(0, 1 - (variance + 1e-4).squareRoot())
              }))
        }))
    check(
      OpCase(
        "covariance", [shape], { covariancePenalty($0[0]) },
        { x in
          let columns = Rows(x[0]).columns.map { column in column.map { $0 - mean(column) } }
          var sum = 0.0
          for i in columns.indices {
            for j in columns.indices where i != j {
              let c = dot(columns[i], columns[j]) / Double(shape[0] - 1)
              sum += c * c
            }
          }
          return scalar(sum / Double(shape[1]))
        }), tolerance: 5e-5)
  }

  /// All views look alike: each is a guess among the 2n − 1 others.
  @Test(arguments: [1, 2, 7, 64]) func equalEmbeddingsCostLogOfTheOthers(n: Int) {
    let x = Tensor(repeating: 0.5, [n, 4])
    expectClose(
      [Double(ntXent(x, x, temperature: 0.1).scalar)], [log(Double(2 * n - 1))], 1e-6, "ln(2 · \(n) − 1)")
    expectClose([Double(batchContrast(x, x, temperature: 0.5).scalar)], [log(Double(n))], 1e-6, "2τ ln \(n)")
    expectClose(
      [Double(bankContrast(x, x, bank: Tensor(repeating: 0.5, [n, 4]), temperature: 0.2).scalar)],
      [log(Double(n + 1))], 1e-6, "ln(\(n) + 1)")
  }

  @Test func viewsMayBeExchanged() {
    var generator = Generator(seed: 4)
    func rows() -> Tensor { Tensor((0..<60).map { _ in generator.normal() }, [10, 6]) }
    let (a, b) = (rows().normalizedL2(), rows().normalizedL2())
    expectClose(
      [Double(ntXent(a, b, temperature: 0.2).scalar)], [Double(ntXent(b, a, temperature: 0.2).scalar)], 1e-6, "NT-Xent")
    let (one, other) = (redundancyReduction(a, b), redundancyReduction(b, a))
    expectClose(
      [Double(one.invariance.scalar), Double(one.redundancy.scalar)],
      [Double(other.invariance.scalar), Double(other.redundancy.scalar)], 1e-5, "Barlow Twins")
  }

  /// The authors' code multiplies the whole loss of Barlow Twins.
  @Test func barlowTwinsMayBeScaled() {
    var generator = Generator(seed: 5)
    let encoder = ProjectedEncoder(
      .resNet(ResNetShape(.resNet18, stem: .cifar, baseWidth: 2)), projector: HeadShape(hidden: [4], output: 4),
      &generator)
    let views = (0..<2).map { _ in Tensor((0..<60).map { _ in generator.normal() }, [15, 4]) }
    let (plain, scaled) = (BarlowTwins(encoder), BarlowTwins(encoder, scale: 0.1))
    let expected = Double(plain.loss(of: views, Batch()).total.scalar) / 10
    expectClose([Double(scaled.loss(of: views, Batch()).total.scalar)], [expected], 1e-6, "a tenth")
  }

  /// Features that agree and say different things cost nothing.
  @Test func independentFeaturesThatAgreeCostNothing() {
    // Columns of a Hadamard matrix: mean 0, variance 1, no correlations.
    let z = Tensor([1, 1, 1, -1, 1, -1, 1, -1, -1, -1, -1, 1], [4, 3])
    let (invariance, redundancy) = redundancyReduction(z, z)
    #expect(invariance.scalar < 1e-8 && redundancy.scalar < 1e-8)
    #expect(covariancePenalty(z).scalar < 1e-8 && varianceHinge(z).scalar == 0)
  }
}

private struct Rows {
  let rows: [[Double]]

  init(_ rows: [[Double]]) { self.rows = rows }

  init(_ x: Reference) {
    let width = x.shape[1]
    rows = (0..<x.shape[0]).map { Array(x.values[$0 * width..<($0 + 1) * width]) }
  }

  var normalized: Rows {
    Rows(rows.map { row in row.map { $0 / dot(row, row).squareRoot() } })
  }

  var columns: [[Double]] { rows[0].indices.map { column in rows.map { $0[column] } } }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
private func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
private func scalar(_ x: Double) -> Reference { Reference([], [x]) }
