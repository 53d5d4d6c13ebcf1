import CKernels

/// The activations that a matrix product can apply to what it has just computed.
package enum FusedActivation: Sendable, CaseIterable {
  case none
  case relu
  /// x·Φ(x), exact (erf). Hendrycks & Gimpel, "Gaussian error linear units".
  case gelu
  /// The tanh approximation of GELU, as in GPT-2.
  case geluTanh
  /// x·σ(1.702 x), as in CLIP.
  case quickGelu

  var kernelActivation: ck_activation {
    switch self {
    case .none: CK_ACTIVATION_NONE
    case .relu: CK_ACTIVATION_RELU
    case .gelu: CK_ACTIVATION_GELU
    case .geluTanh: CK_ACTIVATION_GELU_TANH
    case .quickGelu: CK_ACTIVATION_QUICK_GELU
    }
  }
}

/// What happens to a product P = A·B while its tiles are still in the L1 cache, in this order:
///
///     P += bias                                     a bias for each column
///     preActivation = P
///     P = activation(P)                             forward
///     P = P · activation′(activationInput)          backward, instead of the line above
///     P += residual
///     C = P, or C += P
package struct GemmEpilogue {
  package var bias: UnsafePointer<Float>?
  package var activation: FusedActivation
  /// Takes the value before the activation, which the backward pass needs; of the same element type as C.
  package var preActivation: MatrixResult?
  /// The values before the activation in the forward pass: turns the activation into its derivative there.
  package var activationInput: MatrixOperand?
  package var residual: MatrixOperand?

  package init(
    bias: UnsafePointer<Float>? = nil,
    activation: FusedActivation = .none,
    preActivation: MatrixResult? = nil,
    activationInput: MatrixOperand? = nil,
    residual: MatrixOperand? = nil
  ) {
    self.bias = bias
    self.activation = activation
    self.preActivation = preActivation
    self.activationInput = activationInput
    self.residual = residual
  }

  /// Whether C itself can hold the sums until the last depth has been added.
  var isPlain: Bool {
    bias == nil && activation == .none && preActivation == nil && residual == nil
  }

  func kernelEpilogue(for result: MatrixElement) -> ck_epilogue {
    if let pre = preActivation, pre.element != result {
      fatalError("gemm: preActivation is \(pre.element), the result \(result)")
    }
    if activationInput?.transposed == true || residual?.transposed == true {
      fatalError("gemm: activationInput and residual can't be read transposed")
    }
    return ck_epilogue(
      bias: bias,
      activation: activation.kernelActivation,
      pre: preActivation?.pointer,
      pre_stride: preActivation?.rowStride ?? 0,
      slope_at: activation == .none ? nil : activationInput?.pointer,
      slope_stride: activationInput?.rowStride ?? 0,
      slope_element: activationInput?.element.kernelElement ?? CK_F32,
      residual: residual?.pointer,
      residual_stride: residual?.rowStride ?? 0,
      residual_element: residual?.element.kernelElement ?? CK_F32)
  }
}
