import Tensors

/// Rows on the directions in which they vary most.
package struct PrincipalComponents: Sendable {
  /// For each row its coordinates, `[rows][components]`.
  package let coordinates: [[Double]]
  /// The variance along each component, falling.
  package let variances: [Double]

  /// Orthogonal iteration on the covariance, or on the rows' products where there are fewer rows than dimensions (Golub
  /// and Van Loan, section 8.2.4): only the first few directions are wanted.
  ///
  /// - Parameter rounds: enough that components which differ by a tenth are told apart; those that differ less are
  ///   equally good to look at.
  package init(of rows: Rows, components: Int, rounds: Int = 60) {
    let centred = rows.centred
    let columns = centred.transposed
    let usesSamples = rows.count <= rows.width
    let matrix = SymmetricMatrix(productsOf: usesSamples ? centred : columns)
    let count = min(components, matrix.order)
    var generator = Generator(seed: 1)
    var basis = (0..<count).map { _ in (0..<matrix.order).map { _ in generator.uniformDouble() - 0.5 } }
    for _ in 0..<(matrix.isFinite ? rounds : 0) {
      let block = Rows(count: count, width: matrix.order, basis.flatMap { $0 })
      let product = crossProducts(block, Rows(count: matrix.order, width: matrix.order, matrix.values))
      basis = Self.orthonormalized((0..<count).map { Array(product[$0 * matrix.order..<($0 + 1) * matrix.order]) })
    }
    let directions = Rows(count: count, width: matrix.order, basis.flatMap { Self.withFixedSign($0) })
    // Along v in feature space a row x lies at x · v; eigenvectors u of the rows' products give the places themselves,
    // up to the root of the eigenvalue.
    let block = crossProducts(directions, Rows(count: matrix.order, width: matrix.order, matrix.values))
    let eigenvalues = (0..<count).map { c in
      (0..<matrix.order).reduce(0) { $0 + block[c * matrix.order + $1] * directions.values[c * matrix.order + $1] }
    }
    variances = eigenvalues.map { max(0, $0) / Double(Swift.max(1, rows.count)) }
    coordinates = (0..<rows.count).map { row in
      (0..<count).map { c in
        usesSamples
          ? directions.values[c * matrix.order + row] * max(0, eigenvalues[c]).squareRoot()
          : zip(centred[row], directions[c]).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
  }

  /// Gram and Schmidt. A direction that vanishes stays at zero: the rows vary in fewer.
  private static func orthonormalized(_ vectors: [[Double]]) -> [[Double]] {
    var done: [[Double]] = []
    for var vector in vectors {
      // Twice, because once leaves rounding errors in what is nearly dependent.
      for _ in 0..<2 {
        for other in done {
          let overlap = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
          for i in vector.indices { vector[i] -= overlap * other[i] }
        }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      done.append(norm > 1e-150 ? vector.map { $0 / norm } : vector.map { _ in 0 })
    }
    return done
  }

  /// The largest component is positive, so that maps of two steps look alike.
  private static func withFixedSign(_ vector: [Double]) -> [Double] {
    (vector.max { abs($0) < abs($1) } ?? 0) < 0 ? vector.map { -$0 } : vector
  }
}
