import CKernels

extension Tensor {
  /// Normalises each channel (the last axis) by its mean and variance over all other axes.
  ///
  /// - `residual`: added after normalisation, before the rectifier: the end of a residual block in one pass.
  /// - `relu`: whether to end with max(0, ·).
  /// - Returns: the output, and the batch's mean and biased variance for running statistics.
  public func batchNorm(
    _ gain: Tensor?, _ shift: Tensor?, epsilon: Float, adding residual: Tensor? = nil, relu: Bool = false
  ) -> (output: Tensor, mean: Tensor, variance: Tensor) {
    let (rows, channels) = rowsAndWidth
    let (mean, variance) = (Tensor.uninitialized([channels]), Tensor.uninitialized([channels]))
    kernels.channelMoments(
      read, mean: mean.pointer, variance: variance.pointer, rows: rows, channels: channels)
    let inverse = (variance + epsilon).reciprocalSquareRoot()
    let output = channelNorm(mean, inverse, gain, shift, residual, relu: relu, isBatch: true)
    return (output, mean, variance)
  }

  /// Normalises each channel by given statistics, as batch norm does outside of training.
  public func normalized(
    mean: Tensor, variance: Tensor, _ gain: Tensor?, _ shift: Tensor?, epsilon: Float, adding residual: Tensor? = nil,
    relu: Bool = false
  ) -> Tensor {
    let inverse = (variance.detached + epsilon).reciprocalSquareRoot()
    return channelNorm(mean.detached, inverse, gain, shift, residual, relu: relu, isBatch: false)
  }

  /// - Parameter isBatch: whether mean and inverse deviation are functions of x, and so have gradients to pass on.
  private func channelNorm(
    _ mean: Tensor, _ inverse: Tensor, _ gain: Tensor?, _ shift: Tensor?, _ residual: Tensor?, relu: Bool,
    isBatch: Bool
  ) -> Tensor {
    let (rows, channels) = rowsAndWidth
    for (name, vector) in [("mean", mean), ("gain", gain), ("shift", shift)] {
      if let vector, vector.shape != [channels] { fatalError("batch norm: \(shape) with \(name) \(vector.shape)") }
    }
    if let residual, residual.shape != shape { fatalError("batch norm: \(shape) with residual \(residual.shape)") }

    // Where a residual was added, the rectifier's mask is where the output is positive: the next block keeps that anyway.
    // Otherwise the output costs a pass over memory to make again, and half of a network's memory to keep.
    let x = kept
    let (gamma, beta) = (gain?.detached, shift?.detached)
    let normalized = { (x: Tensor, residual: Tensor?) in
      let value = Tensor.uninitialized(x.shape, x.element)
      kernels.channelNorm(
        x.read, mean: mean.pointer, rstd: inverse.pointer, gamma: gamma?.pointer, beta: beta?.pointer,
        residual: residual?.read, relu: relu, value.written, rows: rows, channels: channels)
      return value
    }
    let value = normalized(self, residual)
    let output = relu && residual != nil ? value.detached : nil
    let residualElement = residual?.element
    let result = Tensor(value, from: [self] + [gain, shift, residual].compactMap { $0 }) { g in
      let x = x()
      let rectifier: Kernels.Rectifier? = relu ? output.map { .kept($0.read) } ?? .remade : nil
      let (sums, products) = (Tensor.uninitialized([channels]), Tensor.uninitialized([channels]))
      kernels.channelNormSums(
        g: g.read, x: x.read, relu: rectifier, mean: mean.pointer, rstd: inverse.pointer, gamma: gamma?.pointer,
        beta: beta?.pointer, sumG: sums.pointer, sumGX: products.pointer, rows: rows, channels: channels)
      let (meanSum, meanProduct) = (sums / Float(rows), products / Float(rows))
      let dx = Tensor.uninitialized(x.shape, x.element)
      let residualGradient = residualElement.map { _ in Tensor.uninitialized(x.shape, x.element) }
      kernels.channelNormBackward(
        g: g.read, x: x.read, relu: rectifier, mean: mean.pointer, rstd: inverse.pointer, gamma: gamma?.pointer,
        beta: beta?.pointer,
        means: isBatch ? (g: UnsafePointer(meanSum.pointer), gx: UnsafePointer(meanProduct.pointer)) : nil,
        dx: dx.written, residual: residualGradient?.bytes, rows: rows, channels: channels)
      var gradients: [Tensor?] = [dx]
      if gain != nil { gradients.append(products) }
      if shift != nil { gradients.append(sums) }
      if let residualElement { gradients.append(residualGradient?.cast(to: residualElement)) }
      return gradients
    }
    return residual == nil ? result.remade { normalized(x(), nil) } : result
  }
}
