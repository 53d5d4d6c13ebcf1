import Glibc

/// A setting that goes from one value to another over a training along half a cosine, as the weight decay of DINO
/// (Caron et al., 2021) and the momentum of BYOL (Grill et al., 2020) do.
public struct Ramp: Sendable, Equatable, ExpressibleByFloatLiteral {
  /// Its value at the first step.
  public var start: Float
  /// Its value at the end.
  public var end: Float

  /// From one value to another.
  public init(from start: Float, to end: Float) {
    self.start = start
    self.end = end
  }

  /// Always the same.
  public init(_ value: Float) { self.init(from: value, to: value) }

  /// Always the same.
  public init(floatLiteral value: Float) { self.init(value) }

  /// Its value where a share of the training is done, from 0 to 1.
  public func value(at progress: Double) -> Float {
    // Both ends, and constants, are what they are to the bit.
    if start == end || progress <= 0 { return start }
    if progress >= 1 { return end }
    return end + (start - end) * Float((1 + cos(Double.pi * progress)) / 2)
  }
}
