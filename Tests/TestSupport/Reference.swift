/// The error function in double precision comes from the C library.
@_exported import Glibc

/// A tensor in double precision with the plainest possible loops: what ops are compared with.
package struct Reference: Sendable {
  package var shape: [Int]
  package var values: [Double]

  package init(_ shape: [Int], _ values: [Double]) {
    self.shape = shape
    self.values = values
  }

  /// Calls `element` with the position of each element in order.
  package init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    values = []
    var position = Array(repeating: 0, count: shape.count)
    for _ in 0..<shape.reduce(1, *) {
      values.append(element(position))
      for axis in shape.indices.reversed() {
        position[axis] += 1
        if position[axis] < shape[axis] { break }
        position[axis] = 0
      }
    }
  }

  /// The element at a position; axes of extent 1 are broadcast, and missing leading axes too.
  package subscript(_ position: [Int]) -> Double {
    var index = 0
    for (extent, i) in zip(shape, position.suffix(shape.count)) { index = index * extent + (extent == 1 ? 0 : i) }
    return values[index]
  }

  package func map(_ f: (Double) -> Double) -> Reference { Reference(shape, values.map(f)) }

  /// Element by element, with NumPy's broadcasting.
  package func combined(_ other: Reference, _ f: (Double, Double) -> Double) -> Reference {
    let rank = max(shape.count, other.shape.count)
    let a = Array(repeating: 1, count: rank - shape.count) + shape
    let b = Array(repeating: 1, count: rank - other.shape.count) + other.shape
    return Reference(zip(a, b).map { $0 == 1 ? $1 : $0 }) { f(self[$0], other[$0]) }
  }

  /// Replaces one axis by a function of the numbers along it.
  package func reduced(_ axis: Int, _ f: ([Double]) -> Double) -> Reference {
    var reduced = shape
    reduced.remove(at: axis)
    return Reference(reduced) { position in
      f(
        (0..<shape[axis]).map { i in
          var full = position
          full.insert(i, at: axis)
          return self[full]
        })
    }
  }

  /// Replaces each row (along the last axis) by another of the same length.
  package func mapRows(_ f: ([Double]) -> [Double]) -> Reference {
    let width = shape.last ?? 1
    if width == 0 { return self }
    return Reference(
      shape, stride(from: 0, to: values.count, by: width).flatMap { f(Array(values[$0..<$0 + width])) })
  }
}

/// log Σ exp of some numbers.
package func logSumExp(_ values: [Double]) -> Double {
  let top = values.max() ?? 0
  return top + log(values.reduce(0) { $0 + exp($1 - top) })
}

/// Softmax of some numbers.
package func softmax(_ values: [Double]) -> [Double] {
  let total = logSumExp(values)
  return values.map { exp($0 - total) }
}
