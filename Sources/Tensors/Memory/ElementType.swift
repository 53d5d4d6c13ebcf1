/// What a tensor is made of.
public enum ElementType: Sendable, Hashable {
  /// IEEE single precision: parameters, optimizer state, losses.
  case float32
  /// The upper half of a single: activations in mixed precision.
  case bfloat16
  /// Token ids, labels, row numbers.
  case int32

  /// Bytes an element.
  public var size: Int { self == .bfloat16 ? 2 : 4 }
}

/// The bits of a bfloat16 number: a single without its lower sixteen.
public struct BFloat16: Sendable, Hashable {
  /// Sign, eight bits of exponent, seven of fraction.
  public var bits: UInt16

  /// The number with the given bits.
  public init(bits: UInt16) { self.bits = bits }

  /// The nearest bfloat16, ties to even; NaN stays NaN.
  public init(_ value: Float) {
    let wide = value.bitPattern
    bits =
      value.isNaN ? UInt16(wide >> 16) | 0x40 : UInt16(truncatingIfNeeded: (wide &+ 0x7FFF &+ (wide >> 16 & 1)) >> 16)
  }

  /// The same number as a single.
  public var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}
