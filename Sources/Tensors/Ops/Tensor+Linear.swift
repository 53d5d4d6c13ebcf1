extension Tensor {
  /// act(x Wᵀ + b) + residual along the last axis, in the arithmetic of the pass.
  ///
  /// - `weight`: `[out, in]`
  /// - `bias`: `[out]`
  /// - `residual`: what the result is added to; it decides the element type of the result.
  /// - `output`: the element type of the result; that of the pass's arithmetic by default.
  public func linear(
    _ weight: Tensor, bias: Tensor? = nil, activation: Activation = .none, adding residual: Tensor? = nil,
    output: ElementType? = nil
  ) -> Tensor {
    let map = LinearMap(self, weight, bias)
    let element = residual?.element ?? output ?? map.precision.element
    if let residual, residual.shape != map.outputShape {
      fatalError("linear: residual \(residual.shape) for an output of shape \(map.outputShape)")
    }
    if residual != nil && activation != .none { fatalError("linear: a residual behind an activation") }
    let value = Tensor.uninitialized(map.outputShape, element)
    let before =
      activation != .none && isAnyTracked(self, weight, bias) ? Tensor.uninitialized(map.outputShape, element) : nil
    map.run(
      self, weight, value,
      GemmEpilogue(
        bias: bias?.pointer, activation: activation.fused, preActivation: before?.matrixResult,
        residual: residual?.matrix()))

    let (x, w, wantsX, wantsW) = (kept, weight.kept, isTracked, weight.isTracked)
    let result = Tensor(value, from: [self, weight] + [bias, residual].compactMap { $0 }) { g in
      let h = before.map { g.unaryGradient(activation, at: $0) } ?? g
      var gradients = [wantsX ? map.inputGradient(h, w(), x.element) : nil, wantsW ? map.weightGradient(h, x()) : nil]
      if bias != nil { gradients.append(map.biasGradient(h)) }
      if residual != nil { gradients.append(g) }
      return gradients
    }
    guard let before else { return result }
    return result.remade { before.activated(activation) }
  }

  /// The perceptron of a transformer block, act(x W₁ᵀ + b₁) W₂ᵀ + b₂ + residual, as one op: only the values before the
  /// activation are kept, and the activation's derivative is applied while the product before it is still in cache.
  public func feedForward(
    _ expand: Tensor, _ expandBias: Tensor?, _ contract: Tensor, _ contractBias: Tensor?, activation: Activation,
    adding residual: Tensor? = nil
  ) -> Tensor {
    let first = LinearMap(self, expand, expandBias)
    let hidden = Tensor.uninitialized(first.outputShape, first.precision.element)
    let wantsBefore =
      activation != .none && isAnyTracked(self, expand, expandBias, contract, contractBias, residual)
    // Without an activation the hidden values themselves are what the backward pass needs.
    let before = wantsBefore ? Tensor.uninitialized(first.outputShape, first.precision.element) : hidden
    first.run(
      self, expand, hidden,
      GemmEpilogue(
        bias: expandBias?.pointer, activation: activation.fused,
        preActivation: wantsBefore ? before.matrixResult : nil))
    let second = LinearMap(hidden, contract, contractBias)
    let value = Tensor.uninitialized(second.outputShape, residual?.element ?? second.precision.element)
    if let residual, residual.shape != second.outputShape {
      fatalError("feed forward: residual \(residual.shape) for an output of shape \(second.outputShape)")
    }
    second.run(hidden, contract, value, GemmEpilogue(bias: contractBias?.pointer, residual: residual?.matrix()))

    let (x, w1, w2) = (kept, expand.kept, contract.kept)
    let (wantsX, wantsFirst, wantsSecond) = (isTracked, expand.isTracked, contract.isTracked)
    let optional = [expandBias, contractBias, residual].compactMap { $0 }
    return Tensor(value, from: [self, expand, contract] + optional) { g in
      let contractGradient = wantsSecond ? second.weightGradient(g, before.activated(activation)) : nil
      let h = second.inputGradient(g, w2(), before.element, through: activation, at: before)
      var gradients = [
        wantsX ? first.inputGradient(h, w1(), x.element) : nil, wantsFirst ? first.weightGradient(h, x()) : nil,
        contractGradient,
      ]
      if expandBias != nil { gradients.append(first.biasGradient(h)) }
      if contractBias != nil { gradients.append(second.biasGradient(g)) }
      if residual != nil { gradients.append(g) }
      return gradients
    }
  }

  /// g f′(x) for an activation f.
  fileprivate func unaryGradient(_ activation: Activation, at x: Tensor) -> Tensor {
    guard let op = activation.ck else { return self }
    return unaryGradient(op, saved: activation == .relu ? x.activated(.relu) : x)
  }
}

/// The three products of y = x Wᵀ + b: forward, and the gradients of x and W.
private struct LinearMap {
  let precision: ProductPrecision
  let rows: Int, inputs: Int, outputs: Int
  let inputShape: Shape, outputShape: Shape

  init(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) {
    guard x.rank >= 1, weight.rank == 2, x.shape[-1] == weight.shape[1] else {
      fatalError("linear: \(x.shape) with weight \(weight.shape): inner dimensions differ")
    }
    (rows, inputs) = x.rowsAndWidth
    outputs = weight.shape[0]
    if let bias, bias.shape != [outputs] { fatalError("linear: weight \(weight.shape) with bias \(bias.shape)") }
    inputShape = x.shape
    outputShape = x.shape.replacing(-1, by: outputs)
    precision = Pass.current.precision == .bf16 ? .bf16 : .fp32
  }

  func run(_ x: Tensor, _ weight: Tensor, _ y: Tensor, _ epilogue: GemmEpilogue) {
    let a = operand(x)
    if let packed = weight.packed?.transposed(weight, precision) {
      return gemm(m: rows, a: a.matrix(), b: packed, c: y.matrixResult, epilogue: epilogue)
    }
    gemm(
      m: rows, n: outputs, k: inputs, a: a.matrix(), b: weight.matrix(transposed: true), c: y.matrixResult,
      precision: precision, epilogue: epilogue)
  }

  /// dx = g W, times the derivative of an activation that made x.
  func inputGradient(
    _ g: Tensor, _ weight: Tensor, _ element: ElementType, through activation: Activation = .none,
    at before: Tensor? = nil
  ) -> Tensor {
    let dx = Tensor.uninitialized(inputShape, element)
    gemm(
      m: rows, n: inputs, k: outputs, a: operand(g).matrix(), b: weight.matrix(), c: dx.matrixResult,
      precision: precision,
      epilogue: GemmEpilogue(activation: activation.fused, activationInput: before?.matrix()))
    return dx
  }

  /// dW = gᵀ x
  func weightGradient(_ g: Tensor, _ x: Tensor) -> Tensor {
    let dw = Tensor.uninitialized([outputs, inputs])
    gemm(
      m: outputs, n: inputs, k: rows, a: operand(g).matrix(transposed: true), b: operand(x).matrix(),
      c: dw.matrixResult, precision: precision)
    return dw
  }

  func biasGradient(_ g: Tensor) -> Tensor {
    let db = Tensor.uninitialized([outputs])
    kernels.sumColumns(g.read, db.pointer, rows: rows, n: outputs)
    return db
  }

  /// Products in single precision take singles; those in bfloat16 round what they are given.
  private func operand(_ x: Tensor) -> Tensor { precision == .fp32 ? x.cast(to: .float32) : x }
}

extension ProductPrecision {
  fileprivate var element: ElementType { self == .bf16 ? .bfloat16 : .float32 }
}

extension Activation {
  fileprivate var fused: FusedActivation {
    switch self {
    case .none: .none
    case .relu: .relu
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .quickGelu: .quickGelu
    }
  }
}

private func isAnyTracked(_ tensors: Tensor?...) -> Bool { tensors.contains { $0?.isTracked ?? false } }
