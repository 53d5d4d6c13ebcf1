import CKernels

/// A non-linearity between two linear maps.
public enum Activation: Sendable, CaseIterable {
  /// The identity.
  case none
  /// max(0, x)
  case relu
  /// x Φ(x) (Hendrycks and Gimpel, 2016).
  case gelu
  /// Its approximation by tanh, as in GPT-2 and SigLIP.
  case geluTanh
  /// x sigmoid(1.702 x), as in OpenAI's CLIP.
  case quickGelu
}

extension Tensor {
  /// eˣ
  public func exp() -> Tensor { unary(CK_EXP) }
  /// The natural logarithm.
  public func log() -> Tensor { unary(CK_LOG) }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { unary(CK_TANH) }
  /// 1 / (1 + e⁻ˣ)
  public func sigmoid() -> Tensor { unary(CK_SIGMOID) }
  /// log(1 + eˣ)
  public func softplus() -> Tensor { unary(CK_SOFTPLUS) }
  /// √x
  public func squareRoot() -> Tensor { unary(CK_SQRT) }
  /// 1/√x
  public func reciprocalSquareRoot() -> Tensor { unary(CK_RSQRT) }
  /// x²
  public func squared() -> Tensor { unary(CK_SQUARE) }
  /// |x|
  public func magnitude() -> Tensor { unary(CK_ABS) }
  /// −x
  public static prefix func - (x: Tensor) -> Tensor { x.unary(CK_NEGATE) }

  /// A non-linearity. Its output can be made again from its input, so that later ops need not keep it.
  public func activated(_ activation: Activation) -> Tensor {
    guard let op = activation.ck else { return self }
    let kept = kept
    return unary(op).remade { kept().unary(op) }
  }

  /// The nearest number within the bounds; no gradient flows beyond them.
  public func clamped(to range: ClosedRange<Float>) -> Tensor {
    let value = binary(CK_MINIMUM, binary(CK_MAXIMUM, self, range.lowerBound), range.upperBound)
    let kept = kept
    return Tensor(value, from: [self]) { g in
      let x = kept()
      return [g * binary(CK_GREATER_EQUAL, x, range.lowerBound) * (1 - binary(CK_GREATER, x, range.upperBound))]
    }
  }

  func unary(_ op: ck_unary) -> Tensor {
    let value = Tensor.uninitialized(shape, element)
    kernels.unary(op, read, value.written, count: count)
    let saved = ck_unary_saves_output(op) != 0 ? value.kept : kept
    return Tensor(value, from: [self]) { g in [g.unaryGradient(op, saved: saved())] }
  }

  /// g f′, where `saved` is the input or the output of f, as `ck_unary_saves_output` says.
  func unaryGradient(_ op: ck_unary, saved: Tensor) -> Tensor {
    let result = Tensor.uninitialized(shape, saved.element)
    kernels.unaryBackward(op, g: read, saved: saved.read, dx: result.written, count: count)
    return result
  }
}

extension Activation {
  var ck: ck_unary? {
    switch self {
    case .none: nil
    case .relu: CK_RELU
    case .gelu: CK_GELU
    case .geluTanh: CK_GELU_TANH
    case .quickGelu: CK_QUICK_GELU
    }
  }
}
