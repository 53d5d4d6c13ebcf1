extension Tensor {
  /// The same numbers as another element type.
  public func cast(to target: ElementType) -> Tensor {
    if target == element { return self }
    let value = Tensor.uninitialized(shape, target)
    kernels.cast(read, value.written, count: count)
    let former = element
    return Tensor(value, from: [self]) { g in [g.cast(to: former)] }
  }
}
