extension Tensor {
  /// eˣ / Σ eˣ along the last axis.
  public func softmax() -> Tensor {
    let (rows, width) = rowsAndWidth
    let value = Tensor.uninitialized(shape, element)
    kernels.softmax(read, value.written, rows: rows, n: width)
    return Tensor(value, from: [self]) { g in
      let dx = Tensor.uninitialized(value.shape, value.element)
      kernels.softmaxBackward(g: g.read, y: value.read, dx: dx.written, rows: rows, n: width)
      return [dx]
    }
  }

  /// x − log Σ eˣ along the last axis.
  public func logSoftmax() -> Tensor {
    let (rows, width) = rowsAndWidth
    let value = Tensor.uninitialized(shape, element)
    kernels.logSoftmax(read, value.written, rows: rows, n: width)
    return Tensor(value, from: [self]) { g in
      let dx = Tensor.uninitialized(value.shape, value.element)
      kernels.logSoftmaxBackward(g: g.read, y: value.read, dx: dx.written, rows: rows, n: width)
      return [dx]
    }
  }
}
