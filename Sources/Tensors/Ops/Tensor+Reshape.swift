extension Tensor {
  /// The same elements in another shape; one extent may be −1 and is then worked out.
  public func reshaped(_ extents: [Int]) -> Tensor {
    guard let free = extents.firstIndex(of: -1) else { return reshaped(Shape(extents)) }
    let others = extents.enumerated().reduce(1) { $1.offset == free ? $0 : $0 * $1.element }
    guard others > 0, count % others == 0 else { fatalError("reshape: \(shape) to \(extents)") }
    var extents = extents
    extents[free] = count / others
    return reshaped(Shape(extents))
  }

  /// The same elements in another shape.
  public func reshaped(_ shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    guard shape.elementCount == count else { fatalError("reshape: \(self.shape) to \(shape)") }
    let former = self.shape
    var reshaped = Tensor(shape: shape, element: element, storage: storage, offset: offset)
    let remake = remake
    reshaped = Tensor(reshaped, from: [self]) { g in [g.reshaped(former)] }
    if reshaped.isTracked { reshaped.remake = remake }
    return reshaped
  }

  /// A tensor with memory of its own.
  func copied() -> Tensor {
    let copy = Tensor.uninitialized(shape, element)
    copy.bytes.copyMemory(from: bytes, byteCount: byteCount)
    return copy
  }
}
