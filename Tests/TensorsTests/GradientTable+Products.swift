import Tensors
import TestSupport

extension GradientTable {
  static var products: [OpCase] {
    let sizes = [(0, 3, 2), (1, 1, 1), (3, 0, 2), (5, 7, 3), (2, 33, 65), (17, 4, 1), (70, 50, 49)]
    @Sendable func matmul(_ a: Reference, _ b: Reference, _ ta: Bool, _ tb: Bool) -> Reference {
      let lead = Array(a.shape.dropLast(2))
      let (m, k) = ta ? (a.shape[lead.count + 1], a.shape[lead.count]) : (a.shape[lead.count], a.shape[lead.count + 1])
      let n = tb ? b.shape[b.shape.count - 2] : b.shape[b.shape.count - 1]
      return Reference(lead + [m, n]) { p in
        let (i, j) = (p[lead.count], p[lead.count + 1])
        let head = Array(p.prefix(lead.count))
        return (0..<k).reduce(0) { $0 + a[head + (ta ? [$1, i] : [i, $1])] * b[head + (tb ? [j, $1] : [$1, j])] }
      }
    }
    let transpositions = [(false, false), (false, true), (true, false), (true, true)]
    let plain = sizes.flatMap { (m: Int, k: Int, n: Int) -> [OpCase] in
      transpositions.map { (ta: Bool, tb: Bool) -> OpCase in
        OpCase(
          "matmul \(ta ? "T" : "N")\(tb ? "T" : "N")", [ta ? [k, m] : [m, k], tb ? [n, k] : [k, n]],
          { $0[0].matmul($0[1], transposingSelf: ta, transposingOther: tb) }, { matmul($0[0], $0[1], ta, tb) })
      }
    }
    let batched = [[0, 2, 3, 4], [1, 1, 1, 1], [2, 3, 5, 4], [3, 17, 8, 9], [2, 1, 33, 2]].flatMap {
      (s: [Int]) -> [OpCase] in
      transpositions.map { (ta: Bool, tb: Bool) -> OpCase in
        OpCase(
          "batched matmul \(ta ? "T" : "N")\(tb ? "T" : "N")",
          [ta ? [s[0], s[2], s[1]] : [s[0], s[1], s[2]], tb ? [s[0], s[3], s[2]] : [s[0], s[2], s[3]]],
          { $0[0].matmul($0[1], transposingSelf: ta, transposingOther: tb) }, { matmul($0[0], $0[1], ta, tb) })
      }
    }
    let broadcast = [[2, 3, 5, 4], [1, 7, 3, 2], [3, 1, 2, 1], [0, 2, 2, 2], [2, 33, 3, 17]].map {
      (s: [Int]) -> OpCase in
      OpCase(
        "matmul with one matrix for the batch", [[s[0], s[1], s[2]], [s[2], s[3]]], { $0[0].matmul($0[1]) },
        { matmul($0[0], $0[1], false, false) })
    }
    @Sendable func act(_ activation: Activation, _ x: Double) -> Double {
      switch activation {
      case .none: x
      case .relu: max(0, x)
      case .gelu: x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
      case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      case .quickGelu: x / (1 + exp(-1.702 * x))
      }
    }
    let linear = sizes.flatMap { (m: Int, k: Int, n: Int) -> [OpCase] in
      Activation.allCases.map { (activation: Activation) -> OpCase in
        OpCase(
          "linear \(activation)", [[m, k], [n, k], [n]],
          { $0[0].linear($0[1], bias: $0[2], activation: activation) },
          { inputs in
            matmul(inputs[0], inputs[1], false, true).combined(inputs[2], +).map { act(activation, $0) }
          })
      }
    }
    let stacked = [[2, 3, 4, 5], [1, 1, 1, 1], [0, 2, 3, 1], [3, 7, 33, 2], [2, 65, 5, 9]].map { (s: [Int]) -> OpCase in
      OpCase(
        "linear twice", [[s[0], s[1], s[2]], [s[3], s[2]], [s[2], s[3]]],
        { $0[0].linear($0[1], activation: .gelu).linear($0[2]) },
        { x in
          let flat = Reference([s[0] * s[1], s[2]], x[0].values)
          let hidden = matmul(flat, x[1], false, true).map { act(.gelu, $0) }
          return Reference([s[0], s[1], s[2]], matmul(hidden, x[2], false, true).values)
        })
    }
    return plain + batched + broadcast + linear + stacked
  }

  static var attention: [OpCase] {
    // batch, tokens, heads, width of a head
    let shapes = [[0, 3, 1, 4], [1, 1, 1, 1], [2, 5, 3, 16], [1, 65, 2, 64], [2, 33, 1, 7], [1, 70, 2, 32]]
    let table = shapes.flatMap { (s: [Int]) -> [OpCase] in
      let lengths = (0..<s[0]).map { Int32(($0 * 3 + 2) % (s[1] + 1)) }
      let masks: [AttentionMask] = [.full, .causal, .keyPadding(lengths), .causalKeyPadding(lengths)]
      return masks.map { mask in
        OpCase(
          "attention \(mask)", [[s[0], s[1], 3, s[2], s[3]]], { $0[0].attention(mask: mask) },
          { inputs in
            let x = inputs[0]
            return Reference([s[0], s[1], s[2], s[3]]) { p in
              let (b, t, h, d) = (p[0], p[1], p[2], p[3])
              let seen = (0..<s[1]).filter { j in
                switch mask {
                case .full: true
                case .causal: j <= t
                case .keyPadding(let n): j < Int(n[b])
                case .causalKeyPadding(let n): j <= t && j < Int(n[b])
                }
              }
              if seen.isEmpty { return 0 }
              let scores = seen.map { j in
                (0..<s[3]).reduce(0) { $0 + x[[b, t, 0, h, $1]] * x[[b, j, 1, h, $1]] } / Double(s[3]).squareRoot()
              }
              return zip(softmax(scores), seen).reduce(0) { $0 + $1.0 * x[[b, $1.1, 2, h, d]] }
            }
          })
      }
    }
    return table
      + [[2, 1, 5, 2, 8], [1, 3, 33, 1, 16], [0, 1, 2, 1, 1], [1, 7, 1, 3, 5], [2, 2, 65, 2, 32]].map {
        (s: [Int]) -> OpCase in
        // Queries of one sequence, keys and values of another.
        OpCase(
          "cross attention", [[s[0], s[1], s[3], s[4]], [s[0], s[2], s[3], s[4]], [s[0], s[2], s[3], s[4]]],
          { Tensor.attention(queries: $0[0], keys: $0[1], values: $0[2]) },
          { x in
            Reference([s[0], s[1], s[3], s[4]]) { p in
              let (b, t, h, d) = (p[0], p[1], p[2], p[3])
              let scores = (0..<s[2]).map { j in
                (0..<s[4]).reduce(0) { $0 + x[0][[b, t, h, $1]] * x[1][[b, j, h, $1]] } / Double(s[4]).squareRoot()
              }
              return zip(softmax(scores), 0...).reduce(0) { $0 + $1.0 * x[2][[b, $1.1, h, d]] }
            }
          })
      }
  }
}
