import Glibc

extension SymmetricMatrix {
  /// The eigenvalues, falling. Householder's reflections to a tridiagonal matrix, then implicit QL with Wilkinson's shift
  /// (Golub and Van Loan, "Matrix computations", sections 8.3.1 and 8.3.3). A matrix with numbers that are not finite has
  /// none.
  package var eigenvalues: [Double] {
    guard isFinite, order > 0 else { return [] }
    var (diagonal, beside) = tridiagonal
    return Self.eigenvalues(&diagonal, &beside).sorted(by: >)
  }

  /// A similar tridiagonal matrix: its diagonal, and what stands beside it at `beside[i]` between i and i + 1.
  private var tridiagonal: (diagonal: [Double], beside: [Double]) {
    var lower = values
    var beside = [Double](repeating: 0, count: order)
    var reflector = [Double](repeating: 0, count: order)
    var product = [Double](repeating: 0, count: order)
    let order = order
    lower.withUnsafeMutableBufferPointer { lower in
      reflector.withUnsafeMutableBufferPointer { reflector in
        product.withUnsafeMutableBufferPointer { product in
          guard let a = lower.baseAddress, let v = reflector.baseAddress, let p = product.baseAddress else { return }
          // From the last row upwards, so that every loop runs along rows of the lower triangle.
          for last in stride(from: order - 1, to: 0, by: -1) {
            let row = a + last * order
            let tail = dot(row, row, last - 1)
            let near = row[last - 1]
            guard tail > 0 else {
              beside[last - 1] = near
              continue
            }
            // v reflects the row onto its last component.
            let image = -copysign((tail + near * near).squareRoot(), near)
            v.update(from: row, count: last)
            v[last - 1] = near - image
            beside[last - 1] = image
            let beta = 2 / (tail + v[last - 1] * v[last - 1])
            // p = β A v, w = p − (β/2)(pᵀv) v, A ← A − v wᵀ − w vᵀ
            p.update(repeating: 0, count: last)
            for i in 0..<last {
              p[i] += dot(a + i * order, v, i + 1)
              add(v[i], a + i * order, to: p, i)
            }
            for i in 0..<last { p[i] *= beta }
            add(-beta / 2 * dot(p, v, last), v, to: p, last)
            for i in 0..<last {
              add(-v[i], p, to: a + i * order, i + 1)
              add(-p[i], v, to: a + i * order, i + 1)
            }
          }
        }
      }
    }
    return ((0..<order).map { lower[$0 * order + $0] }, beside)
  }

  private static func eigenvalues(_ d: inout [Double], _ e: inout [Double]) -> [Double] {
    let last = d.count - 1
    for left in 0...last {
      // Thirty rounds for an eigenvalue are more than a symmetric matrix ever takes.
      for _ in 0..<60 {
        let split = (left..<last).first { abs(e[$0]) <= .ulpOfOne * (abs(d[$0]) + abs(d[$0 + 1])) + 1e-300 } ?? last
        if split == left { break }
        let half = (d[left + 1] - d[left]) / (2 * e[left])
        let shift = d[left] - e[left] / (half + copysign((half * half + 1).squareRoot(), half))
        var (sine, cosine, moved) = (1.0, 1.0, 0.0)
        var g = d[split] - shift
        var isDeflated = false
        for i in stride(from: split - 1, through: left, by: -1) {
          let f = sine * e[i]
          let b = cosine * e[i]
          let r = hypot(f, g)
          e[i + 1] = r
          if r == 0 {
            d[i + 1] -= moved
            e[split] = 0
            isDeflated = true
            break
          }
          sine = f / r
          cosine = g / r
          g = d[i + 1] - moved
          let t = (d[i] - g) * sine + 2 * cosine * b
          moved = sine * t
          d[i + 1] = g + moved
          g = cosine * t - b
        }
        if isDeflated { continue }
        d[left] -= moved
        e[left] = g
        e[split] = 0
      }
    }
    return d
  }
}
