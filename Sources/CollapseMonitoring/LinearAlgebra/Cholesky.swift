extension SymmetricMatrix {
  /// The lower triangle L with A = L Lᵀ, or `nil` if the matrix is not positive definite.
  package func choleskyFactor() -> SymmetricMatrix? {
    var l = [Double](repeating: 0, count: values.count)
    for i in 0..<order {
      for j in 0...i {
        let known = l.withUnsafeBufferPointer { l in
          l.baseAddress.map { dot($0 + i * order, $0 + j * order, j) } ?? 0
        }
        let rest = self[i, j] - known
        if i == j {
          guard rest > 0, rest.isFinite else { return nil }
          l[i * order + i] = rest.squareRoot()
        } else {
          l[i * order + j] = rest / l[j * order + j]
        }
      }
    }
    return SymmetricMatrix(order: order, l)
  }

  /// For a factor L: the rows x with L xᵀ = bᵀ.
  package func forwardSubstituted(_ b: Rows) -> Rows {
    var solved = b
    values.withUnsafeBufferPointer { l in
      solved.values.withUnsafeMutableBufferPointer { x in
        guard let l = l.baseAddress, let x = x.baseAddress else { return }
        for row in 0..<b.count {
          let start = x + row * b.width
          for i in 0..<order { start[i] = (start[i] - dot(l + i * order, start, i)) / l[i * order + i] }
        }
      }
    }
    return solved
  }
}
