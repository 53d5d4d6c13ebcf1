import CKernels
import Glibc
import Tensors
import Testing

private let shapes = [
  (1, 1), (3, 2), (2, 7), (5, 15), (4, 17), (3, 33), (7, 65), (2, 197), (3, 768), (1, 2500), (130, 9),
]
private let typed = [(CK_F32, 3e-6), (CK_BF16, 6e-3)]

/// Rows of a matrix, as lists.
private func rows(_ x: Numbers, _ n: Int) -> [[Double]] {
  n == 0 ? [] : stride(from: 0, to: x.count, by: n).map { first in (first..<first + n).map { x[$0] } }
}

private func softmax(_ x: [Double]) -> [Double] {
  let top = x.max() ?? 0
  let e = x.map { exp($0 - top) }
  let total = e.reduce(0, +)
  return e.map { $0 / total }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

@Suite struct RowKernelTests {
  @Test(arguments: levels) func reductionsAreAccurate(level: ck_level) {
    let kernels = Kernels(level: level)
    for type in [CK_F32, CK_BF16] {
      for (m, n) in shapes + [(1, 100_000), (1000, 64)] {
        let x = Numbers(type, noise(m * n).map { $0 + 3 })
        let out = Numbers(zeros: m)
        let all = rows(x, n)
        for (op, f) in [
          (CK_SUM, { $0.reduce(0, +) }), (CK_MEAN, { $0.reduce(0, +) / Double(n) }), (CK_MAX, { $0.max() ?? 0 }),
          (CK_MIN, { $0.min() ?? 0 }), (CK_SUM_SQUARES, { dot($0, $0) }),
        ] as [(ck_reduction, ([Double]) -> Double)] {
          kernels.reduceRows(op, x.elements, out.floats, rows: m, n: n)
          #expect(mismatch(out.values, all.map(f), 1e-6) == nil, "\(op) \(m) × \(n)")
        }
        let columns = Numbers(zeros: n)
        kernels.sumColumns(x.elements, columns.floats, rows: m, n: n)
        #expect(mismatch(columns.values, (0..<n).map { j in all.reduce(0) { $0 + $1[j] } }, 1e-6) == nil)
        #expect(columns.isIntact && out.isIntact)
        #expect(agree(kernels.sum(x.elements, count: m * n), x.values.reduce(0, +), 1e-7))
        #expect(agree(kernels.sumSquares(x.elements, count: m * n), dot(x.values, x.values), 2e-7))
        #expect(kernels.firstNonfinite(x.elements, count: m * n) == nil)
        for (place, value) in [(m * n - 1, Double.nan), (m * n / 2, .infinity)] {
          x[place] = value
          #expect(kernels.firstNonfinite(x.elements, count: m * n) == place)
        }
        var best = [Int32](repeating: -1, count: m)
        x[m * n - 1] = 100
        x[m * n / 2] = 3
        kernels.argmaxRows(x.elements, &best, rows: m, n: n)
        #expect(best == rows(x, n).map { row in Int32(row.indices.max { row[$0] < row[$1] } ?? 0) })
      }
    }
    let x = Numbers([1, .nan, 3, 1, 5, 5])
    var best: [Int32] = [0, 0]
    kernels.argmaxRows(x.elements, &best, rows: 2, n: 3)
    #expect(best == [1, 1])
  }

  @Test(arguments: levels) func softmaxAndItsGradient(level: ck_level) {
    let kernels = Kernels(level: level)
    for (type, tolerance) in typed {
      for (m, n) in shapes {
        let x = Numbers(type, noise(m * n, scale: 8))
        let (y, logs, dx) = (Numbers(type, zeros: m * n), Numbers(type, zeros: m * n), Numbers(type, zeros: m * n))
        let g = Numbers(type, noise(m * n, seed: 5))
        kernels.softmax(x.elements, y.output, rows: m, n: n)
        #expect(mismatch(y.values, rows(x, n).flatMap(softmax), tolerance) == nil)
        kernels.softmaxBackward(g: g.elements, y: y.elements, dx: dx.output, rows: m, n: n)
        #expect(
          mismatch(
            dx.values, zip(rows(y, n), rows(g, n)).flatMap { y, g in y.indices.map { y[$0] * (g[$0] - dot(y, g)) } },
            tolerance, scale: 0.5) == nil)
        kernels.logSoftmax(x.elements, logs.output, rows: m, n: n)
        #expect(mismatch(logs.values, rows(x, n).flatMap { softmax($0).map { log($0) } }, tolerance, scale: 0.5) == nil)
        kernels.logSoftmaxBackward(g: g.elements, y: logs.elements, dx: dx.output, rows: m, n: n)
        #expect(
          mismatch(
            dx.values,
            zip(rows(logs, n), rows(g, n)).flatMap { y, g in y.indices.map { g[$0] - exp(y[$0]) * g.reduce(0, +) } },
            tolerance, scale: 5) == nil)
        #expect(y.isIntact && logs.isIntact && dx.isIntact)
      }
    }
    // Rows with −∞ are common (masks), rows of one infinity or NaN are lost, and large numbers do not overflow.
    let x = Numbers([-.infinity, 0, 0, 1e30, 1e30, -1e30, .nan, 0, 0])
    let y = Numbers(zeros: 9)
    kernels.softmax(x.elements, y.output, rows: 3, n: 3)
    #expect(Array(y.values[..<6]) == [0, 0.5, 0.5, 0.5, 0.5, 0])
    #expect(y.values[6...].allSatisfy { $0.isNaN })
  }

  @Test(arguments: levels) func crossEntropyAndItsGradient(level: ck_level) {
    let kernels = Kernels(level: level)
    for (type, tolerance) in typed {
      for (m, n) in shapes {
        for smoothing in [Float(0), 0.1] {
          let x = Numbers(type, noise(m * n, scale: 5))
          let ids = (0..<m).map { $0 % 3 == 1 ? Int32(-1) : Int32($0 * 7 % n) }
          let (loss, lse, dx) = (Numbers(zeros: m), Numbers(zeros: m), Numbers(type, zeros: m * n))
          let g = Numbers(noise(m, seed: 3))
          let targets = ck_targets(smoothing: smoothing, ignored: -1)
          kernels.crossEntropy(
            x.elements, ids: ids, targets, loss: loss.floats, logSumExp: lse.floats, rows: m, n: n)
          let shares = rows(x, n).map(softmax)
          let goals = ids.map { id in
            (0..<n).map { j -> Double in
              let spread = Double(smoothing)
              return (Int32(j) == id ? 1 - spread : 0) + spread / Double(n)
            }
          }
          let expected = (0..<m).map { ids[$0] < 0 ? 0 : -dot(goals[$0], shares[$0].map { log($0) }) }
          #expect(mismatch(loss.values, expected, 5e-6, scale: 1) == nil, "\(m) × \(n)")
          kernels.crossEntropyBackward(
            x.elements, ids: ids, targets, logSumExp: lse.floats, scale: 0.5, g: g.floats, dx: dx.output, rows: m, n: n)
          let slopes = (0..<m).flatMap { i -> [Double] in
            (0..<n).map { j -> Double in ids[i] < 0 ? 0 : 0.5 * g[i] * (shares[i][j] - goals[i][j]) }
          }
          #expect(mismatch(dx.values, slopes, tolerance, scale: 0.3) == nil)
          #expect(loss.isIntact && lse.isIntact && dx.isIntact)

          let p = Numbers(type, noise(m * n, seed: 6).map(abs))
          kernels.crossEntropy(
            x.elements, probabilities: p.elements, loss: loss.floats, logSumExp: lse.floats, rows: m, n: n)
          let soft = zip(rows(p, n), shares).map { p, s in -dot(p, s.map { log($0) }) }
          #expect(mismatch(loss.values, soft, 5e-6, scale: 1) == nil)
          kernels.crossEntropyBackward(
            x.elements, probabilities: p.elements, logSumExp: lse.floats, scale: 2, g: nil, dx: dx.output, rows: m, n: n
          )
          let softSlopes = zip(rows(p, n), shares).flatMap { p, s in
            p.indices.map { 2 * (s[$0] * p.reduce(0, +) - p[$0]) }
          }
          #expect(mismatch(dx.values, softSlopes, tolerance, scale: 3) == nil)
        }
      }
    }
  }

  @Test(arguments: levels) func layerNormAndItsGradient(level: ck_level) {
    let kernels = Kernels(level: level)
    for (type, tolerance) in typed {
      for (m, n) in shapes {
        let x = Numbers(type, noise(m * n).map { $0 + 1 })
        let (gamma, beta) = (Numbers(noise(n, seed: 2)), Numbers(noise(n, seed: 3)))
        let g = Numbers(type, noise(m * n, seed: 4))
        let residual = Numbers(type, noise(m * n, seed: 5))
        let (y, dx) = (Numbers(type, zeros: m * n), Numbers(type, zeros: m * n))
        let (mean, rstd) = (Numbers(zeros: m), Numbers(zeros: m))
        let (dgamma, dbeta) = (Numbers(zeros: n), Numbers(zeros: n))
        let epsilon = 1e-3
        let statistics = rows(x, n).map { row in
          let mean = row.reduce(0, +) / Double(n)
          let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
          return (mean: mean, rstd: 1 / (variance + Double(Float(epsilon))).squareRoot())
        }
        for affine in [true, false] {
          kernels.layerNorm(
            x.elements, gamma: affine ? gamma.floats : nil, beta: affine ? beta.floats : nil, epsilon: Float(epsilon),
            y.output, mean: mean.floats, rstd: rstd.floats, rows: m, n: n)
          let normal = zip(rows(x, n), statistics).map { row, s in row.map { ($0 - s.mean) * s.rstd } }
          let expected = normal.flatMap { $0.enumerated().map { affine ? $1 * gamma[$0] + beta[$0] : $1 } }
          #expect(mismatch(y.values, expected, tolerance, scale: 2) == nil, "\(m) × \(n)")
          kernels.layerNormBackward(
            g: g.elements, x: x.elements, gamma: affine ? gamma.floats : nil, mean: mean.floats, rstd: rstd.floats,
            residual: affine ? residual.start : nil, dx: dx.output,
            sums: affine ? (dgamma.floats, dbeta.floats) : nil, rows: m, n: n)
          let slopes = (0..<m).flatMap { i -> [Double] in
            let h: [Double] = (0..<n).map { g[i * n + $0] * (affine ? gamma[$0] : 1) }
            let (a, b) = (h.reduce(0, +) / Double(n), dot(h, normal[i]) / Double(n))
            return (0..<n).map { j -> Double in
              let slope = statistics[i].rstd * (h[j] - a - normal[i][j] * b)
              return affine ? slope + residual[i * n + j] : slope
            }
          }
          #expect(mismatch(dx.values, slopes, tolerance * 2, scale: 4) == nil, "\(m) × \(n)")
          if affine {
            let expectedGamma = (0..<n).map { j in (0..<m).reduce(0) { $0 + g[$1 * n + j] * normal[$1][j] } }
            let expectedBeta = (0..<n).map { j in (0..<m).reduce(0) { $0 + g[$1 * n + j] } }
            #expect(mismatch(dgamma.values, expectedGamma, 5e-6, scale: 4) == nil)
            #expect(mismatch(dbeta.values, expectedBeta, 5e-6, scale: 4) == nil)
            // Accumulating in place is the same as with a residual elsewhere.
            let inPlace = Numbers(type, residual.values)
            kernels.layerNormBackward(
              g: g.elements, x: x.elements, gamma: gamma.floats, mean: mean.floats, rstd: rstd.floats,
              residual: inPlace.start, dx: inPlace.output, sums: nil, rows: m, n: n)
            #expect(inPlace.bytes == dx.bytes)
          }
          #expect(y.isIntact && dx.isIntact && dgamma.isIntact && dbeta.isIntact && mean.isIntact && rstd.isIntact)
        }
      }
    }
  }

  @Test(arguments: levels) func l2NormalizationAndItsGradient(level: ck_level) {
    let kernels = Kernels(level: level)
    for (type, tolerance) in typed {
      for (m, n) in shapes {
        var values = noise(m * n)
        for j in 0..<n { values[j] = 0 }
        let x = Numbers(type, values)
        let g = Numbers(type, noise(m * n, seed: 4))
        let (y, dx, inverse) = (Numbers(type, zeros: m * n), Numbers(type, zeros: m * n), Numbers(zeros: m))
        kernels.l2Normalize(x.elements, epsilon: 1e-3, y.output, inverse: inverse.floats, rows: m, n: n)
        let norms = rows(x, n).map { max(dot($0, $0).squareRoot(), Double(Float(1e-3))) }
        #expect(mismatch(y.values, (0..<m * n).map { x[$0] / norms[$0 / n] }, tolerance) == nil)
        kernels.l2NormalizeBackward(
          g: g.elements, y: y.elements, inverse: inverse.floats, epsilon: 1e-3, dx: dx.output, rows: m, n: n)
        let slopes = zip(zip(rows(y, n), rows(g, n)), norms).flatMap { pair, norm in
          pair.0.indices.map { (pair.1[$0] - pair.0[$0] * dot(pair.0, pair.1)) / norm }
        }
        #expect(mismatch(dx.values, slopes, tolerance, scale: norms.map { 2 / $0 }.max() ?? 1) == nil)
        #expect(y.isIntact && dx.isIntact && inverse.isIntact)
      }
    }
    let (x, y, inverse) = (Numbers([3e30, 4e30]), Numbers(zeros: 2), Numbers(zeros: 1))
    kernels.l2Normalize(x.elements, epsilon: 1e-6, y.output, inverse: inverse.floats, rows: 1, n: 2)
    #expect(mismatch(y.values, [0.6, 0.8], 1e-6) == nil, "squares that overflow")
  }

  @Test(arguments: levels) func batchNormAndItsGradient(level: ck_level) {
    let kernels = Kernels(level: level)
    for (type, tolerance) in typed {
      for (m, c) in [(1, 1), (7, 3), (33, 16), (300, 17), (1100, 64), (5, 197)] {
        // A mean that dwarfs the spread must not cost the variance its digits.
        let x = Numbers(type, noise(m * c).map { $0 + (type == CK_F32 ? 1000 : 1) })
        let (gamma, beta) = (Numbers(noise(c, seed: 2)), Numbers(noise(c, seed: 3)))
        let residual = Numbers(type, noise(m * c, seed: 4))
        let g = Numbers(type, noise(m * c, seed: 5))
        let (mean, variance) = (Numbers(zeros: c), Numbers(zeros: c))
        kernels.channelMoments(x.elements, mean: mean.floats, variance: variance.floats, rows: m, channels: c)
        let all = rows(x, c)
        let means = (0..<c).map { j in all.reduce(0) { $0 + $1[j] } / Double(m) }
        let variances = (0..<c).map { j in all.reduce(0) { $0 + ($1[j] - means[j]) * ($1[j] - means[j]) } / Double(m) }
        #expect(mismatch(mean.values, means, 1e-6) == nil)
        #expect(mismatch(variance.values, variances, 1e-4, scale: 1e-6) == nil)
        let rstd = Numbers(variance.values.map { 1 / ($0 + 1e-1).squareRoot() })
        let normal = all.map { row in row.indices.map { (row[$0] - mean[$0]) * rstd[$0] } }
        let (y, dx, dresidual) = (Numbers(type, zeros: m * c), Numbers(type, zeros: m * c), Numbers(type, zeros: m * c))
        let (sumG, sumGX) = (Numbers(zeros: c), Numbers(zeros: c))
        for (relu, adds) in [(false, false), (true, false), (true, true)] {
          kernels.channelNorm(
            x.elements, mean: mean.floats, rstd: rstd.floats, gamma: gamma.floats, beta: beta.floats,
            residual: adds ? residual.elements : nil, relu: relu, y.output, rows: m, channels: c)
          let expected = (0..<m * c).map { i in
            let v = normal[i / c][i % c] * gamma[i % c] + beta[i % c] + (adds ? residual[i] : 0)
            return relu ? max(0, v) : v
          }
          #expect(mismatch(y.values, expected, tolerance, scale: 4) == nil, "\(m) × \(c)")
          let rectifier: Kernels.Rectifier? = relu ? adds ? .kept(y.elements) : .remade : nil
          kernels.channelNormSums(
            g: g.elements, x: x.elements, relu: rectifier, mean: mean.floats, rstd: rstd.floats, gamma: gamma.floats,
            beta: beta.floats, sumG: sumG.floats, sumGX: sumGX.floats, rows: m, channels: c)
          let masked = (0..<m * c).map { relu && y[$0] <= 0 ? 0 : g[$0] }
          let a = (0..<c).map { j in (0..<m).reduce(0) { $0 + masked[$1 * c + j] } }
          let b = (0..<c).map { j in (0..<m).reduce(0) { $0 + masked[$1 * c + j] * normal[$1][j] } }
          #expect(mismatch(sumG.values, a, 1e-5, scale: 10) == nil)
          #expect(mismatch(sumGX.values, b, 1e-5, scale: 10) == nil)
          let (meanG, meanGX) = (Numbers(a.map { $0 / Double(m) }), Numbers(b.map { $0 / Double(m) }))
          for training in [true, false] {
            kernels.channelNormBackward(
              g: g.elements, x: x.elements, relu: rectifier, mean: mean.floats, rstd: rstd.floats, gamma: gamma.floats,
              beta: beta.floats,
              means: training ? (UnsafePointer(meanG.floats), UnsafePointer(meanGX.floats)) : nil, dx: dx.output,
              residual: adds ? dresidual.start : nil, rows: m, channels: c)
            let slopes = (0..<m * c).map { i in
              let j = i % c
              let d = training ? masked[i] - meanG[j] - normal[i / c][j] * meanGX[j] : masked[i]
              return d * gamma[j] * rstd[j]
            }
            #expect(mismatch(dx.values, slopes, tolerance, scale: 10) == nil, "\(m) × \(c)")
            if adds { #expect(mismatch(dresidual.values, masked, 0) == nil) }
          }
          #expect(y.isIntact && dx.isIntact && dresidual.isIntact && sumG.isIntact && sumGX.isIntact)
        }
      }
    }
  }

  @Test func bitsDoNotDependOnThreads() {
    let kernels = Kernels.best
    let (m, n) = (1001, 65)
    let (x, g, gamma) = (Numbers(noise(m * n)), Numbers(noise(m * n, seed: 2)), Numbers(noise(n, seed: 3)))
    #expect(
      sameBits {
        let (y, dx) = (Numbers(zeros: m * n), Numbers(zeros: m * n))
        let (mean, rstd) = (Numbers(zeros: m), Numbers(zeros: m))
        let (dgamma, dbeta) = (Numbers(zeros: n), Numbers(zeros: n))
        let (channelMean, variance) = (Numbers(zeros: n), Numbers(zeros: n))
        kernels.layerNorm(
          x.elements, gamma: gamma.floats, beta: nil, epsilon: 1e-5, y.output, mean: mean.floats, rstd: rstd.floats,
          rows: m, n: n)
        kernels.layerNormBackward(
          g: g.elements, x: x.elements, gamma: gamma.floats, mean: mean.floats, rstd: rstd.floats, residual: nil,
          dx: dx.output, sums: (dgamma.floats, dbeta.floats), rows: m, n: n)
        kernels.channelMoments(x.elements, mean: channelMean.floats, variance: variance.floats, rows: m, channels: n)
        return [y, dx, mean, rstd, dgamma, dbeta, channelMean, variance]
      })
  }
}
