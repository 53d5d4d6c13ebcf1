extension Tensor {
  /// Sets whole samples (along the first axis) to zero with probability `rate` and scales the others.
  public func dropPath(_ rate: Float, _ generator: Generator) -> Tensor {
    guard rank > 0 else { fatalError("drop path: a scalar has no samples") }
    var generator = generator
    let factors = (0..<shape[0]).map { _ in generator.uniform() < rate ? 0 : 1 / (1 - rate) }
    return self * Tensor(factors, Shape([shape[0]] + Array(repeating: 1, count: rank - 1)))
  }
}
