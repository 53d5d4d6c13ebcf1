import Tensors

/// A symmetric matrix in double precision, all of it stored: a spectrum's small eigenvalues are lost in single.
package struct SymmetricMatrix: Sendable, Equatable {
  /// Rows and columns.
  package let order: Int
  /// Row by row.
  package var values: [Double]

  package init(order: Int, _ values: [Double]) {
    guard values.count == order * order else { fatalError("\(values.count) values for a matrix of order \(order)") }
    self.order = order
    self.values = values
  }

  package subscript(row: Int, column: Int) -> Double {
    get { values[row * order + column] }
    set { values[row * order + column] = newValue }
  }

  /// The products of all pairs of rows, `rows · rowsᵀ`.
  package init(productsOf rows: Rows) {
    self.init(order: rows.count, crossProducts(rows, rows, isSymmetric: true))
  }

  var trace: Double { (0..<order).reduce(0) { $0 + self[$1, $1] } }

  var isFinite: Bool { values.allSatisfy(\.isFinite) }
}

/// Vectors of equal length in double precision.
package struct Rows: Sendable, Equatable {
  package let count: Int
  package let width: Int
  package var values: [Double]

  package init(count: Int, width: Int, _ values: [Double]) {
    guard values.count == count * width else { fatalError("\(values.count) values for \(count) rows of \(width)") }
    self.count = count
    self.width = width
    self.values = values
  }

  package subscript(row: Int) -> ArraySlice<Double> { values[row * width..<(row + 1) * width] }

  /// The mean of all rows.
  package var mean: [Double] {
    var sum = [Double](repeating: 0, count: width)
    for row in 0..<count { for (i, value) in self[row].enumerated() { sum[i] += value } }
    return sum.map { $0 / Double(max(1, count)) }
  }

  /// Columns as rows.
  package var transposed: Rows {
    var result = [Double](repeating: 0, count: values.count)
    for row in 0..<count { for column in 0..<width { result[column * count + row] = values[row * width + column] } }
    return Rows(count: width, width: count, result)
  }

  /// Each row at length 1; rows of zeros stay.
  package var normalized: Rows {
    var result = self
    for row in 0..<count {
      let norm = self[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
      if norm > 0 { for i in row * width..<(row + 1) * width { result.values[i] /= norm } }
    }
    return result
  }

  /// Every row less the mean.
  package var centred: Rows {
    let mean = mean
    var result = self
    for row in 0..<count { for (i, value) in mean.enumerated() { result.values[row * width + i] -= value } }
    return result
  }

  /// Some of the rows.
  package func prefix(_ limit: Int) -> Rows {
    let kept = min(limit, count)
    return Rows(count: kept, width: width, Array(values.prefix(kept * width)))
  }
}

/// `a · bᵀ`, row by row.
func crossProducts(_ a: Rows, _ b: Rows, isSymmetric: Bool = false) -> [Double] {
  var result = [Double](repeating: 0, count: a.count * b.count)
  guard a.width == b.width else { fatalError("products of rows of \(a.width) and of \(b.width) values") }
  guard !result.isEmpty, a.width > 0 else { return result }
  a.values.withUnsafeBufferPointer { left in
    b.values.withUnsafeBufferPointer { right in
      result.withUnsafeMutableBufferPointer { out in
        guard let left = left.baseAddress, let right = right.baseAddress, let out = out.baseAddress else { return }
        // Every thread writes rows of its own.
        nonisolated(unsafe) let (x, y, target) = (left, right, out)
        parallelFor(a.count, grain: 16) { range in
          for row in range {
            for column in 0..<(isSymmetric ? row + 1 : b.count) {
              let product = dot(x + row * a.width, y + column * a.width, a.width)
              target[row * b.count + column] = product
              if isSymmetric { target[column * b.count + row] = product }
            }
          }
        }
      }
    }
  }
  return result
}
