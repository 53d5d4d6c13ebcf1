/// How to compute a tensor again from what is kept anyway.
///
/// The outputs of layer norm and of activations cost one pass over memory to make and as much memory as a layer's input
/// to keep. Their ops attach a recipe; whoever needs the values in the backward pass keeps the recipe instead.
final class Remake: Sendable {
  nonisolated(unsafe) let make: () -> Tensor
  init(_ make: @escaping () -> Tensor) { self.make = make }
}

/// A tensor as a pullback keeps it: the values, or the recipe for them.
struct Kept {
  private let values: Tensor?
  private let remake: Remake?
  let shape: Shape
  let element: ElementType

  fileprivate init(_ tensor: Tensor) {
    shape = tensor.shape
    element = tensor.element
    remake = tensor.remake
    values = tensor.remake == nil ? tensor.detached : nil
  }

  /// The values.
  func callAsFunction() -> Tensor {
    if let values { return values }
    guard let remake else { fatalError("a kept tensor has neither values nor a recipe") }
    return remake.make().reshaped(shape)
  }
}

extension Tensor {
  /// What a pullback should capture of a large input.
  var kept: Kept { Kept(self) }

  /// Attaches the recipe by which later ops may compute this tensor again. Without a tape there is no later.
  func remade(by make: @escaping () -> Tensor) -> Tensor {
    guard isTracked else { return self }
    var copy = self
    copy.remake = Remake(make)
    return copy
  }
}
