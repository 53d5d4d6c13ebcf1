import CKernels

extension Tensor {
  /// The sum along an axis, which disappears.
  public func sum(axis: Int) -> Tensor {
    let axis = shape.resolve(axis)
    let (outer, along, inner) = shape.split(at: axis)
    let value = Tensor.uninitialized(shape.removing(axis))
    if inner == 1 {
      kernels.reduceRows(CK_SUM, read, value.pointer, rows: outer, n: along)
    } else {
      for i in 0..<outer {
        kernels.sumColumns(read + i * along * inner, value.pointer + i * inner, rows: along, n: inner)
      }
    }
    let (former, element) = (shape, element)
    return Tensor(value.cast(to: element), from: [self]) { g in
      [g.reshaped(former.replacing(axis, by: 1)).expanded(to: former)]
    }
  }

  /// The mean along an axis, which disappears.
  public func mean(axis: Int) -> Tensor { sum(axis: axis) / Float(shape[axis]) }

  /// The sum of all elements, a scalar.
  public func sum() -> Tensor {
    let total = kernels.sum(read, count: count)
    let (former, element) = (shape, element)
    return Tensor(Tensor(Float(total)), from: [self]) { g in [g.cast(to: element).expanded(to: former)] }
  }

  /// The mean of all elements, a scalar.
  public func mean() -> Tensor { sum() / Float(count) }

  /// The largest element along an axis, which disappears; of equal ones the first gets the gradient.
  public func max(axis: Int) -> Tensor {
    let axis = shape.resolve(axis)
    guard axis == rank - 1 else {
      var order = Array(0..<rank)
      order.append(order.remove(at: axis))
      return permuted(order).max(axis: -1)
    }
    let (rows, width) = rowsAndWidth
    guard width > 0 || rows == 0 else { fatalError("max: axis \(axis) of shape \(shape) is empty") }
    let value = Tensor.uninitialized(shape.removing(axis))
    kernels.reduceRows(CK_MAX, read, value.pointer, rows: rows, n: width)
    let winners = argmax()
    let (former, element) = (shape, element)
    return Tensor(value.cast(to: element), from: [self]) { g in
      let dx = Tensor.zeros(former)
      let g = g.cast(to: .float32)
      for (row, winner) in winners.int32s.enumerated() { dx.floats[row * width + Int(winner)] = g.floats[row] }
      return [dx.cast(to: element)]
    }
  }

  /// Where each row (along the last axis) has its largest element: ids without that axis.
  public func argmax() -> Tensor {
    let (rows, width) = rowsAndWidth
    guard width > 0 || rows == 0 else { fatalError("argmax: the last axis of shape \(shape) is empty") }
    let value = Tensor.uninitialized(shape.removing(-1), .int32)
    kernels.argmaxRows(read, value.idPointer, rows: rows, n: width)
    return value
  }

  /// The biased variance along an axis, which disappears.
  public func variance(axis: Int) -> Tensor {
    let axis = shape.resolve(axis)
    let centred = self - mean(axis: axis).reshaped(shape.replacing(axis, by: 1))
    return centred.squared().mean(axis: axis)
  }

  /// The sum of the squares of all elements, in double precision.
  public func sumOfSquares() -> Double { kernels.sumSquares(read, count: count) }

  /// Whether no element is NaN or infinite.
  public var isFinite: Bool { kernels.firstNonfinite(read, count: count) == nil }

  /// Repeats axes of extent 1 (and missing leading ones) up to a shape.
  public func expanded(to target: Shape) -> Tensor {
    if shape == target { return self }
    let value = Tensor.uninitialized(target, element)
    let own = Array(repeating: 1, count: Swift.max(0, target.rank - rank)) + shape.extents
    guard own.count == target.rank, zip(own, target).allSatisfy({ $0 == $1 || $0 == 1 }) else {
      fatalError("expand: \(shape) to \(target)")
    }
    let strides = zip(own, rowMajorStrides(own)).map { $0 == 1 ? 0 : $1 }
    value.fillStrided(from: self, strides: strides)
    return Tensor(value, from: [self]) { [shape, element] g in [g.summed(to: shape).cast(to: element)] }
  }

  /// The gradient of an operand that was broadcast.
  func summed(like operand: Tensor) -> Tensor? {
    operand.isTracked ? summed(to: operand.shape).cast(to: operand.element) : nil
  }

  /// Adds up what ``expanded(to:)`` repeats.
  func summed(to target: Shape) -> Tensor {
    if shape == target { return self }
    if target.elementCount == 1 { return sum().reshaped(target) }
    let missing = rank - target.rank
    var result = self
    for axis in 0..<rank {
      let wanted = axis < missing ? 1 : target[axis - missing]
      if wanted == 1 && result.shape[axis] != 1 {
        result = result.sum(axis: axis).reshaped(result.shape.replacing(axis, by: 1))
      }
    }
    return result.reshaped(target)
  }
}
