extension Tensor {
  /// A part of one axis. Leading rows are a view; other axes are copied.
  public func sliced(_ range: Range<Int>, axis: Int = 0) -> Tensor {
    let axis = shape.resolve(axis)
    let (outer, along, inner) = shape.split(at: axis)
    guard range.lowerBound >= 0, range.upperBound <= along else {
      fatalError("slice: \(range) of axis \(axis) of shape \(shape)")
    }
    if range == 0..<along { return self }
    let value: Tensor
    if outer == 1 {
      value = Tensor(
        shape: shape.replacing(axis, by: range.count), element: element, storage: storage,
        offset: offset + range.lowerBound * inner)
    } else {
      value = .uninitialized(shape.replacing(axis, by: range.count), element)
      copyBlocks(
        outer, from: bytes + range.lowerBound * inner * element.size, step: along * inner * element.size,
        to: value.bytes, step: range.count * inner * element.size, bytes: range.count * inner * element.size)
    }
    return Tensor(value, from: [self]) { g in
      [g.padded(before: range.lowerBound, after: along - range.upperBound, axis: axis)]
    }
  }

  /// One element of an axis, which disappears.
  public func at(_ index: Int, axis: Int = 0) -> Tensor {
    sliced(index..<index + 1, axis: axis).reshaped(shape.removing(axis))
  }

  /// Zeros before and after along one axis.
  public func padded(before: Int, after: Int, axis: Int) -> Tensor {
    let axis = shape.resolve(axis)
    let (outer, along, inner) = shape.split(at: axis)
    guard before >= 0, after >= 0 else { fatalError("pad: \(shape) by \(before) and \(after)") }
    let value = Tensor.zeros(shape.replacing(axis, by: before + along + after), element)
    copyBlocks(
      outer, from: bytes, step: along * inner * element.size, to: value.bytes + before * inner * element.size,
      step: (before + along + after) * inner * element.size, bytes: along * inner * element.size)
    return Tensor(value, from: [self]) { g in [g.sliced(before..<before + along, axis: axis)] }
  }

  /// Joins tensors along an axis; the others must agree.
  public static func concatenated(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
    guard let first = tensors.first else { fatalError("concatenate: no tensors") }
    let axis = first.shape.resolve(axis)
    for tensor in tensors
    where tensor.rank != first.rank || tensor.shape.removing(axis) != first.shape.removing(axis)
      || tensor.element != first.element
    {
      fatalError(
        "concatenate: \(first.element) \(first.shape) and \(tensor.element) \(tensor.shape) along axis \(axis)")
    }
    let extents = tensors.map { $0.shape[axis] }
    let value = Tensor.uninitialized(first.shape.replacing(axis, by: extents.reduce(0, +)), first.element)
    let (outer, total, inner) = value.shape.split(at: axis)
    let unit = inner * first.element.size
    var starts = [Int]()
    var start = 0
    for (tensor, extent) in zip(tensors, extents) {
      copyBlocks(
        outer, from: tensor.bytes, step: extent * unit, to: value.bytes + start * unit, step: total * unit,
        bytes: extent * unit)
      starts.append(start)
      start += extent
    }
    return Tensor(value, from: tensors) { g in
      zip(starts, extents).map { start, extent in g.sliced(start..<start + extent, axis: axis) }
    }
  }
}

/// Copies `count` blocks of bytes between two regular patterns.
private func copyBlocks(
  _ count: Int, from source: UnsafeMutableRawPointer, step sourceStep: Int, to target: UnsafeMutableRawPointer,
  step targetStep: Int, bytes: Int
) {
  if bytes == 0 { return }
  profiled("copyBlocks", work: KernelWork(bytes: 2 * count * bytes)) {
    parallelFor(count, grain: max(1, (1 << 16) / bytes)) { range in
      for i in range {
        (target + i * targetStep).copyMemory(from: source + i * sourceStep, byteCount: bytes)
      }
    }
  }
}
