/// A tensor that training changes.
///
/// Layers hold parameters; reading ``tensor`` while a tape records makes gradients flow to it. Stored in single
/// precision, whatever the precision of the arithmetic.
public final class Parameter {
  // Not a property with observers: those would hold a second reference while the values change in place.
  private var stored: Tensor
  private let packed = Locked<(generation: Int, weight: PackedWeight)?>(nil)

  /// The current values.
  public var value: Tensor {
    get { stored }
    set {
      if newValue.shape != stored.shape { fatalError("parameter of shape \(stored.shape) set to \(newValue.shape)") }
      stored = newValue.detached
      generation &+= 1
    }
  }

  /// Whether training may change it: frozen towers say no.
  public var isTrainable = true

  /// Raised with each change of the value, for the cache of packed weights.
  private(set) var generation = 0

  /// A parameter with its initial values.
  public init(_ value: Tensor) { stored = value.detached }

  /// The values as an input of ops.
  public var tensor: Tensor {
    guard isTrainable, let tape = Tape.current else { return fixed }
    var tensor = stored
    tensor.trace = Trace(tape: tape, index: tape.leaf(for: self))
    return tensor
  }

  /// The values as a constant of ops.
  private var fixed: Tensor {
    guard Pass.current.keepsPackedWeights, stored.rank == 2 else { return stored }
    var tensor = stored
    tensor.packed = packed.withLock { packed in
      if let packed, packed.generation == generation { return packed.weight }
      let weight = PackedWeight()
      packed = (generation, weight)
      return weight
    }
    return tensor
  }

  /// Changes the values in place: no new memory where nobody else holds them.
  public func update(_ body: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
    if !stored.isUnique() { stored = stored.copied() }
    defer { generation &+= 1 }
    try body(stored.floats)
  }
}
