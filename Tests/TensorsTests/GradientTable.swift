import Tensors
import TestSupport
import Testing

/// Every op against double precision, value and gradient, over shapes with 0, 1 and odd extents among them.
@Suite struct GradientTable {
  @Test(arguments: elementwise) func elementwiseOps(_ c: OpCase) { check(c) }
  @Test(arguments: arithmetic) func arithmeticOps(_ c: OpCase) { check(c) }
  @Test(arguments: reductions) func reductionOps(_ c: OpCase) { check(c) }
  @Test(arguments: movement) func movementOps(_ c: OpCase) { check(c) }
  @Test(arguments: products) func productOps(_ c: OpCase) { check(c) }
  @Test(arguments: rows) func rowOps(_ c: OpCase) { check(c) }
  @Test(arguments: attention) func attentionOps(_ c: OpCase) { check(c, tolerance: 5e-5) }
  @Test(arguments: convolutions) func convolutionOps(_ c: OpCase) { check(c, tolerance: 5e-5) }

  static let shapes = [[0], [1], [7], [3, 5], [2, 0, 3], [2, 3, 33], [129]]
  static let rowShapes = [[0, 3], [1, 1], [3, 1], [5, 7], [2, 3, 33], [4, 130]]

  static var elementwise: [OpCase] {
    func table(
      _ name: String, in range: ClosedRange<Float> = -3...3, _ op: @escaping @Sendable (Tensor) -> Tensor,
      _ f: @escaping @Sendable (Double) -> Double
    ) -> [OpCase] { shapes.map { OpCase(name, [$0], in: range, { op($0[0]) }, { $0[0].map(f) }) } }
    @Sendable func gelu(_ x: Double) -> Double { x * 0.5 * (1 + erf(x / 2.0.squareRoot())) }
    @Sendable func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    var cases = table("exp", { $0.exp() }, exp)
    cases += table("log", in: 0.1...4, { $0.log() }, log)
    cases += table("tanh", { $0.tanh() }, tanh)
    cases += table("sigmoid", { $0.sigmoid() }, sigmoid)
    cases += table("softplus", { $0.softplus() }) { log(1 + exp($0)) }
    cases += table("relu", { $0.activated(.relu) }) { max(0, $0) }
    cases += table("gelu", { $0.activated(.gelu) }, gelu)
    cases += table("gelu tanh", { $0.activated(.geluTanh) }) { x in
      let inner: Double = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      return 0.5 * x * (1 + tanh(inner))
    }
    cases += table("quick gelu", { $0.activated(.quickGelu) }) { $0 * sigmoid(1.702 * $0) }
    cases += table("square root", in: 0.2...4, { $0.squareRoot() }) { $0.squareRoot() }
    cases += table("reciprocal square root", in: 0.2...4, { $0.reciprocalSquareRoot() }) { 1 / $0.squareRoot() }
    cases += table("magnitude", { $0.magnitude() }) { abs($0) }
    cases += table("square", { $0.squared() }) { $0 * $0 }
    cases += table("negate", { -$0 }) { -$0 }
    cases += table("add a number", { $0 + 1.5 }) { $0 + 1.5 }
    cases += table("subtract from a number", { 1.5 - $0 }) { 1.5 - $0 }
    cases += table("times a number", { $0 * -2.5 }) { $0 * -2.5 }
    cases += table("clamped", { $0.clamped(to: -1...1.5) }) { min(1.5, max(-1, $0)) }
    return cases
  }

  static var arithmetic: [OpCase] {
    let pairs: [[[Int]]] = [
      [[0], [0]], [[7], [7]], [[3, 5], [5]], [[3, 5], [1]], [[3, 5], [3, 1]], [[2, 3, 4], [3, 1]], [[1, 5], [3, 1]],
      [[], [4, 3]], [[2, 1, 33], [4, 1]], [[5], [3, 5]], [[0, 3], [3]], [[65, 3], [65, 3]],
    ]
    return pairs.flatMap { shapes in
      [
        OpCase("add", shapes, { $0[0] + $0[1] }, { $0[0].combined($0[1], +) }),
        OpCase("subtract", shapes, { $0[0] - $0[1] }, { $0[0].combined($0[1], -) }),
        OpCase("multiply", shapes, { $0[0] * $0[1] }, { $0[0].combined($0[1], *) }),
        OpCase("divide", shapes, in: 0.5...2, { $0[0] / $0[1] }, { $0[0].combined($0[1], /) }),
        OpCase("maximum", shapes, { $0[0].maximum($0[1]) }, { $0[0].combined($0[1], max) }),
      ]
    }
  }

  static var reductions: [OpCase] {
    let cases: [([Int], Int)] = [
      ([1], 0), ([7], 0), ([3, 5], 0), ([3, 5], 1), ([2, 3, 4], 1), ([2, 1, 33], 2), ([4, 0, 3], 0), ([65, 130], 0),
    ]
    var table = cases.flatMap { (shape: [Int], axis: Int) -> [OpCase] in
      [
        OpCase("sum", [shape], { $0[0].sum(axis: axis) }, { $0[0].reduced(axis) { $0.reduce(0, +) } }),
        OpCase(
          "mean", [shape], { $0[0].mean(axis: axis) },
          { $0[0].reduced(axis) { $0.reduce(0, +) / Double($0.count) } }),
        OpCase("max", [shape], { $0[0].max(axis: axis) }, { $0[0].reduced(axis) { $0.max() ?? 0 } }),
        OpCase(
          "variance", [shape], { $0[0].variance(axis: axis) },
          {
            $0[0].reduced(axis) { values in
              let mean = values.reduce(0, +) / Double(values.count)
              return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            }
          }),
      ]
    }
    table += shapes.map {
      OpCase("total", [$0], { $0[0].sum() }, { Reference([], [$0[0].values.reduce(0, +)]) })
    }
    table += shapes.filter { !$0.contains(0) }.map {
      OpCase(
        "mean of all", [$0], { $0[0].mean() },
        { Reference([], [$0[0].values.reduce(0, +) / Double($0[0].values.count)]) })
    }
    return table
  }

  static var movement: [OpCase] {
    @Sendable func permuted(_ x: Reference, _ order: [Int]) -> Reference {
      Reference(order.map { x.shape[$0] }) { p in
        var q = p
        for (to, from) in order.enumerated() { q[from] = p[to] }
        return x[q]
      }
    }
    let permutations: [([Int], [Int])] = [
      ([3, 5], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4, 5], [0, 2, 1, 3]), ([1, 7, 1], [2, 1, 0]),
      ([2, 0, 3], [1, 2, 0]), ([2, 4, 3, 5, 3], [0, 3, 1, 4, 2]), ([33, 65], [1, 0]),
    ]
    let slices: [([Int], Int, Range<Int>)] = [
      ([7], 0, 2..<5), ([3, 5], 1, 0..<1), ([3, 5], 0, 1..<3), ([2, 3, 4], 1, 1..<1), ([2, 65, 3], 1, 3..<64),
      ([0, 4], 1, 1..<3),
    ]
    var table = permutations.map { (shape: [Int], order: [Int]) -> OpCase in
      OpCase("permute \(order)", [shape], { $0[0].permuted(order) }, { permuted($0[0], order) })
    }
    table += slices.map { (shape: [Int], axis: Int, range: Range<Int>) -> OpCase in
      OpCase(
        "slice \(range) of \(axis)", [shape], { $0[0].sliced(range, axis: axis) },
        {
          let x = $0[0]
          var to = x.shape
          to[axis] = range.count
          return Reference(to) { p in
            var q = p
            q[axis] += range.lowerBound
            return x[q]
          }
        })
    }
    table += slices.map { (shape: [Int], axis: Int, _: Range<Int>) -> OpCase in
      OpCase(
        "pad axis \(axis)", [shape], { $0[0].padded(before: 1, after: 2, axis: axis) },
        {
          let x = $0[0]
          var to = x.shape
          to[axis] += 3
          return Reference(to) { p in
            var q = p
            q[axis] -= 1
            return q[axis] >= 0 && q[axis] < x.shape[axis] ? x[q] : 0
          }
        })
    }
    table += slices.map { (shape: [Int], axis: Int, _: Range<Int>) -> OpCase in
      var other = shape
      other[axis] = 2
      return OpCase(
        "concatenate along \(axis)", [shape, other], { Tensor.concatenated($0, axis: axis) },
        {
          let (a, b) = ($0[0], $0[1])
          var to = a.shape
          to[axis] += b.shape[axis]
          return Reference(to) { p in
            var q = p
            q[axis] -= a.shape[axis]
            return q[axis] < 0 ? a[p] : b[q]
          }
        })
    }
    table += [[2, 6], [3, 4], [0, 6], [1, 2], [5, 8]].map { (shape: [Int]) -> OpCase in
      OpCase(
        "reshape", [shape], { $0[0].reshaped([-1, 2]) }, { Reference([shape[0] * shape[1] / 2, 2], $0[0].values) })
    }
    let lookups: [([Int], [Int32])] = [
      ([5, 3], [4, 0, 4, 1]), ([1, 1], [0]), ([7, 65], [6, 6, 6]), ([3, 2], []), ([65, 130], [64, 1]),
    ]
    table += lookups.flatMap { (shape: [Int], ids: [Int32]) -> [OpCase] in
      [
        OpCase(
          "rows", [shape], { $0[0].rows(at: Tensor(ids: ids, [ids.count])) },
          {
            let x = $0[0]
            return Reference([ids.count, shape[1]]) { x[[Int(ids[$0[0]]), $0[1]]] }
          }),
        OpCase(
          "scatter rows", [[ids.count, shape[1]]],
          { $0[0].scatteredRows(to: Tensor(ids: ids, [ids.count]), of: shape[0]) },
          {
            let x = $0[0]
            return Reference(shape) { p in
              ids.indices.filter { Int(ids[$0]) == p[0] }.reduce(0) { $0 + x[[$1, p[1]]] }
            }
          }),
      ]
    }
    return table
  }
}
