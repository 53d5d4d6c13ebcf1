import CKernels

extension Tensor {
  /// Sets each element to zero with probability `rate` and scales the others by 1 / (1 − rate). The same generator
  /// drops the same elements, in the backward pass as well.
  public func dropout(_ rate: Float, _ generator: Generator) -> Tensor {
    Tensor(dropped(rate, generator), from: [self]) { g in [g.dropped(rate, generator)] }
  }

  /// Sets whole samples (along the first axis) to zero with probability `rate` and scales the others.
  public func dropPath(_ rate: Float, _ generator: Generator) -> Tensor {
    guard rank > 0 else { fatalError("drop path: a scalar has no samples") }
    var generator = generator
    let factors = (0..<shape[0]).map { _ in generator.uniform() < rate ? 0 : 1 / (1 - rate) }
    return self * Tensor(factors, Shape([shape[0]] + Array(repeating: 1, count: rank - 1)))
  }

  private func dropped(_ rate: Float, _ generator: Generator) -> Tensor {
    let value = Tensor.uninitialized(shape, element)
    kernels.dropout(
      ck_draws(key: generator.seed, stream: generator.stream, start: generator.index), rate: rate, read, value.written,
      count: count)
    return value
  }
}
