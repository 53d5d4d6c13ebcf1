import CKernels

extension Tensor {
  /// (x − mean) / √(variance + ε) · gain + shift along the last axis.
  ///
  /// The output has the element type of the pass's arithmetic, since a matrix product follows; it is made again from x
  /// in the backward pass rather than kept.
  public func layerNorm(_ gain: Tensor, _ shift: Tensor, epsilon: Float) -> Tensor {
    let (rows, width) = rowsAndWidth
    guard gain.shape == [width], shift.shape == [width] else {
      fatalError("layer norm: \(shape) with gain \(gain.shape) and shift \(shift.shape)")
    }
    let output: ElementType = Pass.current.precision == .bf16 ? .bfloat16 : .float32
    let (mean, inverse) = (Tensor.uninitialized([rows]), Tensor.uninitialized([rows]))
    let (x, gamma, beta) = (kept, gain.detached, shift.detached)
    func forward(_ x: Tensor) -> Tensor {
      let value = Tensor.uninitialized(x.shape, output)
      kernels.layerNorm(
        x.read, gamma: gamma.pointer, beta: beta.pointer, epsilon: epsilon, value.written, mean: mean.pointer,
        rstd: inverse.pointer, rows: rows, n: width)
      return value
    }
    let value = Tensor(forward(self), from: [self, gain, shift]) { g in
      let x = x()
      let dx = Tensor.uninitialized(x.shape, x.element)
      let (gains, shifts) = (Tensor.uninitialized([width]), Tensor.uninitialized([width]))
      kernels.layerNormBackward(
        g: g.read, x: x.read, gamma: gamma.pointer, mean: mean.pointer, rstd: inverse.pointer, residual: nil,
        dx: dx.written, sums: (gains.pointer, shifts.pointer), rows: rows, n: width)
      return [dx, gains, shifts]
    }
    return value.remade { forward(x()) }
  }

  /// x / max(‖x‖, 1e-12) along the last axis.
  public func normalizedL2() -> Tensor {
    let (rows, width) = rowsAndWidth
    let epsilon: Float = 1e-12
    let value = Tensor.uninitialized(shape, element)
    let inverse = Tensor.uninitialized([rows])
    kernels.l2Normalize(
      read, epsilon: epsilon, value.written, inverse: inverse.pointer, rows: rows, n: width)
    return Tensor(value, from: [self]) { g in
      let dx = Tensor.uninitialized(value.shape, value.element)
      kernels.l2NormalizeBackward(
        g: g.read, y: value.read, inverse: inverse.pointer, epsilon: epsilon, dx: dx.written, rows: rows, n: width)
      return [dx]
    }
  }
}
