import Tensors
import TestSupport

extension GradientTable {
  /// Ops that work along the last axis, and those of the losses.
  static var rows: [OpCase] {
    @Sendable func statistics(_ row: [Double]) -> (mean: Double, variance: Double) {
      let mean = row.reduce(0, +) / Double(row.count)
      return (mean, row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count))
    }
    let single = rowShapes.flatMap { shape in
      [
        OpCase("softmax", [shape], { $0[0].softmax() }, { $0[0].mapRows(softmax) }),
        OpCase(
          "log softmax", [shape], { $0[0].logSoftmax() },
          { $0[0].mapRows { row in row.map { $0 - logSumExp(row) } } }),
        OpCase(
          "l2 normalised", [shape], in: 0.5...2, { $0[0].normalizedL2() },
          { $0[0].mapRows { row in row.map { $0 / row.reduce(0) { $0 + $1 * $1 }.squareRoot() } } }),
        OpCase("stop gradient", [shape], { $0[0] * $0[0].detached * 0 + $0[0] }, { $0[0] }),
      ]
    }
    let norms = rowShapes.filter { ($0.last ?? 0) > 1 }.flatMap { shape -> [OpCase] in
      let width = shape.last ?? 0
      return [
        OpCase(
          "layer norm", [shape, [width], [width]], { $0[0].layerNorm($0[1], $0[2], epsilon: 1e-3) },
          { x in
            x[0].mapRows { row in
              let (mean, variance) = statistics(row)
              return row.enumerated().map { i, v in
                (v - mean) / (variance + 1e-3).squareRoot() * x[1].values[i] + x[2].values[i]
              }
            }
          })
      ]
    }
    let batchNorms = [[2, 1], [5, 3], [2, 3, 3, 5], [4, 2, 17], [130, 33]].flatMap { shape -> [OpCase] in
      let width = shape.last ?? 0
      @Sendable func normalized(_ x: Reference, _ gain: Reference, _ shift: Reference) -> Reference {
        let columns = (0..<width).map { c in
          statistics(stride(from: c, to: x.values.count, by: width).map { x.values[$0] })
        }
        return x.mapRows { row in
          row.enumerated().map { i, v in
            (v - columns[i].mean) / (columns[i].variance + 1e-3).squareRoot() * gain.values[i] + shift.values[i]
          }
        }
      }
      return [
        OpCase(
          "batch norm", [shape, [width], [width]], { $0[0].batchNorm($0[1], $0[2], epsilon: 1e-3).output },
          { normalized($0[0], $0[1], $0[2]) }),
        OpCase(
          "batch norm, relu", [shape, [width], [width]],
          { $0[0].batchNorm($0[1], $0[2], epsilon: 1e-3, relu: true).output },
          { normalized($0[0], $0[1], $0[2]).map { max(0, $0) } }),
        OpCase(
          "batch norm, residual, relu", [shape, [width], [width], shape],
          { $0[0].batchNorm($0[1], $0[2], epsilon: 1e-3, adding: $0[3], relu: true).output },
          { normalized($0[0], $0[1], $0[2]).combined($0[3], +).map { max(0, $0) } }),
        OpCase(
          "normalised by given statistics", [shape, [width], [width]],
          {
            $0[0].normalized(
              mean: Tensor(repeating: 0.25, [width]), variance: Tensor(repeating: 2, [width]), $0[1], $0[2],
              epsilon: 1e-3)
          },
          { x in
            x[0].mapRows { row in
              row.enumerated().map { i, v in (v - 0.25) / 2.001.squareRoot() * x[1].values[i] + x[2].values[i] }
            }
          }),
      ]
    }
    let losses = [[1, 1], [3, 1], [5, 7], [4, 33], [2, 130], [6, 3]].flatMap { shape -> [OpCase] in
      let ids = (0..<shape[0]).map { Int32($0 * 5 % shape[1]) }
      let some = ids.enumerated().map { $0 % 3 == 1 ? -1 : $1 }
      let kept = some.filter { $0 >= 0 }.count
      @Sendable func loss(_ row: [Double], _ id: Int, _ smoothing: Double) -> Double {
        let total = logSumExp(row)
        let mean = row.reduce(0) { $0 + total - $1 } / Double(row.count)
        return (1 - smoothing) * (total - row[id]) + smoothing * mean
      }
      @Sendable func lines(_ x: Reference) -> [[Double]] {
        (0..<shape[0]).map { Array(x.values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
      }
      return [
        OpCase(
          "cross entropy", [shape], { $0[0].softmaxCrossEntropy(Tensor(ids: ids, [ids.count])) },
          { Reference([], [zip(lines($0[0]), ids).reduce(0) { $0 + loss($1.0, Int($1.1), 0) } / Double(ids.count)]) }),
        OpCase(
          "cross entropy, smoothed, some ignored", [shape],
          { $0[0].softmaxCrossEntropy(Tensor(ids: some, [some.count]), smoothing: 0.1) },
          {
            let sum = zip(lines($0[0]), some).reduce(0) { $1.1 < 0 ? $0 : $0 + loss($1.0, Int($1.1), 0.1) }
            return Reference([], [sum / Double(kept)])
          }),
        OpCase(
          "cross entropy with probabilities", [shape, shape], differentiable: [true, false],
          { $0[0].softmaxCrossEntropy(probabilities: $0[1]) },
          { x in
            let sum = zip(lines(x[0]), lines(x[1])).reduce(0) { sum, pair in
              let total = logSumExp(pair.0)
              return sum + zip(pair.0, pair.1).reduce(0) { $0 + $1.1 * (total - $1.0) }
            }
            return Reference([], [sum / Double(shape[0])])
          }),
      ]
    }
    let drops = [[0, 3], [1, 1], [7, 5], [3, 33], [4, 3, 65]].flatMap { shape -> [OpCase] in
      let generator = Generator(seed: 5)
      // It is linear: what it does to ones is the mask that it applies.
      return [
        OpCase(
          "drop path", [shape], { $0[0].dropPath(0.3, generator) },
          { x in
            let mask = Tensor(repeating: 1, Shape(shape)).dropPath(0.3, generator)
            return x[0].combined(Reference(shape, mask.values.map(Double.init)), *)
          })
      ]
    }
    return single + norms + batchNorms + losses + drops
  }

  static var convolutions: [OpCase] {
    struct Size: Sendable { let x: [Int]; let out: Int, kernel: Int, stride: Int, padding: Int, groups: Int }
    let sizes = [
      Size(x: [1, 1, 1, 1], out: 1, kernel: 1, stride: 1, padding: 0, groups: 1),
      Size(x: [2, 5, 7, 3], out: 4, kernel: 3, stride: 1, padding: 1, groups: 1),
      Size(x: [2, 8, 8, 17], out: 16, kernel: 3, stride: 2, padding: 1, groups: 1),
      Size(x: [1, 6, 6, 4], out: 6, kernel: 2, stride: 2, padding: 0, groups: 2),
      Size(x: [0, 4, 4, 3], out: 5, kernel: 3, stride: 1, padding: 1, groups: 1),
      Size(x: [1, 9, 8, 5], out: 5, kernel: 3, stride: 1, padding: 1, groups: 5),
      Size(x: [2, 4, 4, 33], out: 7, kernel: 1, stride: 1, padding: 0, groups: 1),
      Size(x: [1, 11, 11, 3], out: 8, kernel: 7, stride: 2, padding: 3, groups: 1),
    ]
    let convolutions = sizes.map { s in
      OpCase(
        "conv2d \(s.kernel)×\(s.kernel)/\(s.stride)", [s.x, [s.out, s.x[3] / s.groups, s.kernel, s.kernel], [s.out]],
        { $0[0].conv2d($0[1], bias: $0[2], stride: s.stride, padding: s.padding, groups: s.groups) },
        { t in
          let (x, w, b) = (t[0], t[1], t[2])
          let height = (s.x[1] + 2 * s.padding - s.kernel) / s.stride + 1
          let width = (s.x[2] + 2 * s.padding - s.kernel) / s.stride + 1
          let (inputs, outputs) = (s.x[3] / s.groups, s.out / s.groups)
          return Reference([s.x[0], height, width, s.out]) { p in
            var sum = b.values[p[3]]
            for i in 0..<s.kernel {
              for j in 0..<s.kernel {
                let (y, z) = (p[1] * s.stride + i - s.padding, p[2] * s.stride + j - s.padding)
                guard y >= 0, y < s.x[1], z >= 0, z < s.x[2] else { continue }
                for c in 0..<inputs {
                  sum += x[[p[0], y, z, p[3] / outputs * inputs + c]] * w[[p[3], c, i, j]]
                }
              }
            }
            return sum
          }
        })
    }
    let pools = [
      ([1, 1, 1, 1], 1, 1, 0), ([2, 5, 7, 3], 3, 2, 1), ([1, 8, 8, 17], 2, 2, 0), ([0, 4, 4, 3], 2, 2, 0),
      ([2, 6, 5, 33], 3, 1, 1),
    ]
    .flatMap { (x: [Int], kernel: Int, stride: Int, padding: Int) -> [OpCase] in
      @Sendable func windows(_ t: Reference, _ f: @escaping ([Double]) -> Double) -> Reference {
        let height = (x[1] + 2 * padding - kernel) / stride + 1
        let width = (x[2] + 2 * padding - kernel) / stride + 1
        return Reference([x[0], height, width, x[3]]) { p in
          var values = [Double]()
          for i in 0..<kernel {
            for j in 0..<kernel {
              let (y, z) = (p[1] * stride + i - padding, p[2] * stride + j - padding)
              if y >= 0, y < x[1], z >= 0, z < x[2] { values.append(t[[p[0], y, z, p[3]]]) }
            }
          }
          return f(values)
        }
      }
      return [
        OpCase(
          "max pool", [x], { $0[0].maxPool(kernel: kernel, stride: stride, padding: padding) },
          { windows($0[0]) { $0.max() ?? 0 } }),
        OpCase(
          "average pool", [x], { $0[0].averagePool(kernel: kernel, stride: stride, padding: padding) },
          { windows($0[0]) { $0.reduce(0, +) / Double(kernel * kernel) } }),
        OpCase(
          "global average pool", [x], { $0[0].globalAveragePool() },
          { t in
            Reference([x[0], x[3]]) { p in
              var sum = 0.0
              for i in 0..<x[1] { for j in 0..<x[2] { sum += t[0][[p[0], i, j, p[1]]] } }
              return sum / Double(x[1] * x[2])
            }
          }),
      ]
    }
    return convolutions + pools
  }
}
