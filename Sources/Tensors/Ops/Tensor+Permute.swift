extension Tensor {
  /// The axes in another order: axis `i` of the result is axis `order[i]` of this tensor.
  public func permuted(_ order: [Int]) -> Tensor {
    let order = order.map(shape.resolve)
    guard order.sorted() == Array(0..<rank) else { fatalError("permute: \(shape) by \(order)") }
    if order == Array(0..<rank) { return self }
    var inverse = order
    for (to, from) in order.enumerated() { inverse[from] = to }
    return Tensor(permutedCopy(order), from: [self]) { g in [g.permuted(inverse)] }
  }

  /// The last two axes exchanged.
  public var transposed: Tensor {
    guard rank >= 2 else { fatalError("transposed: shape \(shape) has no two axes") }
    return permuted(Array(0..<rank - 2) + [rank - 1, rank - 2])
  }

  private func permutedCopy(_ order: [Int]) -> Tensor {
    let strides = rowMajorStrides(shape.extents)
    let result = Tensor.uninitialized(Shape(order.map { shape[$0] }), element)
    result.fillStrided(from: self, strides: order.map { strides[$0] })
    return result
  }

  /// Fills this tensor in order from elements of another, which stand `strides` apart along each axis; 0 repeats.
  func fillStrided(from source: Tensor, strides: [Int]) {
    if count == 0 { return }
    var loops = zip(shape.extents, strides).filter { $0.0 != 1 }.map { (extent: $0.0, stride: $0.1) }
    // Neighbouring loops that walk memory as one become one.
    var i = 1
    while i < loops.count {
      if loops[i - 1].stride == loops[i].stride * loops[i].extent {
        loops[i - 1] = (loops[i - 1].extent * loops[i].extent, loops[i].stride)
        loops.remove(at: i)
      } else {
        i += 1
      }
    }
    profiled("permute", work: KernelWork(bytes: 2 * count * element.size)) {
      switch element.size {
      case 2: fill(loops, from: source.bytes.assumingMemoryBound(to: UInt16.self))
      default: fill(loops, from: source.bytes.assumingMemoryBound(to: UInt32.self))
      }
    }
  }

  /// Writes the elements in order, reading along `loops` (outermost first).
  private func fill<Unit>(_ loops: [(extent: Int, stride: Int)], from source: UnsafeMutablePointer<Unit>) {
    let target = bytes.assumingMemoryBound(to: Unit.self)
    guard let last = loops.last else { return target.update(from: source, count: 1) }
    let outer = loops.dropLast()
    parallelFor(count / last.extent, grain: Swift.max(1, 16384 / last.extent)) { range in
      for row in range {
        var rest = row
        var from = 0
        for loop in outer.reversed() {
          from += rest % loop.extent * loop.stride
          rest /= loop.extent
        }
        let to = target + row * last.extent
        if last.stride == 1 {
          to.update(from: source + from, count: last.extent)
        } else {
          for i in 0..<last.extent { to[i] = source[from + i * last.stride] }
        }
      }
    }
  }
}

/// Steps between neighbours along each axis of a contiguous tensor.
func rowMajorStrides(_ extents: [Int]) -> [Int] {
  var strides = extents
  var step = 1
  for i in extents.indices.reversed() {
    strides[i] = step
    step *= extents[i]
  }
  return strides
}
