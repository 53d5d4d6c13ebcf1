extension Tensor {
  /// Rows of a table by number: `[rows, width]` and ids of any shape give `ids.shape + [width]`. An embedding lookup is
  /// this on a parameter.
  public func rows(at ids: Tensor) -> Tensor {
    guard rank == 2, ids.element == .int32 else { fatalError("rows: \(shape) at \(ids.element) \(ids.shape)") }
    let (rows, width) = (shape[0], shape[1])
    let numbers = ids.int32s
    if let wrong = numbers.first(where: { $0 < 0 || $0 >= rows }) { fatalError("rows: no row \(wrong) in \(shape)") }
    let value = Tensor.uninitialized(Shape(ids.shape.extents + [width]), element)
    kernels.gatherRows(bytes, ids: ids.idPointer, value.bytes, count: ids.count, rowBytes: width * element.size)
    return Tensor(value, from: [self]) { g in
      [g.reshaped([ids.count, width]).scatteredRows(to: ids.reshaped([ids.count]), of: rows)]
    }
  }

  /// The chosen tokens of each sample: `[batch, tokens, width]` and ids `[batch, k]` give `[batch, k, width]`.
  public func selected(_ ids: Tensor) -> Tensor {
    guard rank == 3, ids.rank == 2, ids.shape[0] == shape[0] else { fatalError("select: \(ids.shape) of \(shape)") }
    let (tokens, width) = (shape[1], shape[2])
    let k = ids.shape[1]
    let rows = ids.ids.enumerated().map { i, id in
      guard id >= 0, id < tokens else { fatalError("select: no token \(id) in \(shape)") }
      return Int32(i / k * tokens) + id
    }
    return reshaped([shape[0] * tokens, width]).rows(at: Tensor(ids: rows, ids.shape))
  }

  /// Adds up rows by number: row `i` of this `[n, width]` tensor goes to row `ids[i]` of a `[rows, width]` one. Rows
  /// that meet are added in their order, on every number of threads.
  public func scatteredRows(to ids: Tensor, of rows: Int) -> Tensor {
    guard rank == 2, ids.element == .int32, ids.shape == [shape[0]] else {
      fatalError("scatter rows: \(shape) to \(ids.element) \(ids.shape)")
    }
    let width = shape[1]
    let numbers = ids.int32s
    if let wrong = numbers.first(where: { $0 < 0 || $0 >= rows }) {
      fatalError("scatter rows: no row \(wrong) of \(rows)")
    }
    let sum = Tensor.zeros([rows, width])
    kernels.scatterAddRows(g: read, ids: ids.idPointer, sum.pointer, count: ids.count, rows: rows, n: width)
    return Tensor(sum.cast(to: element), from: [self]) { g in [g.rows(at: ids)] }
  }
}
