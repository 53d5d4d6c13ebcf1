import CKernels

extension Tensor {
  /// The mean cross-entropy of logits `[rows, classes]` with the class of each row: softmax, logarithm and mean in one
  /// pass, and the gradient in another.
  ///
  /// - Parameters:
  ///   - ids: `[rows]`; a row whose id is −1 does not count.
  ///   - smoothing: the share of the target that is spread evenly over all classes (Szegedy et al., 2016).
  public func softmaxCrossEntropy(_ ids: Tensor, smoothing: Float = 0) -> Tensor {
    guard rank == 2, ids.element == .int32, ids.shape == [shape[0]] else {
      fatalError("cross entropy: logits \(shape) with ids \(ids.shape)")
    }
    let (rows, classes) = rowsAndWidth
    if let wrong = ids.int32s.first(where: { $0 < -1 || $0 >= classes }) {
      fatalError("cross entropy: class \(wrong) with logits \(shape)")
    }
    let targets = ck_targets(smoothing: smoothing, ignored: -1)
    let counted = Float(Swift.max(1, ids.int32s.reduce(0) { $1 < 0 ? $0 : $0 + 1 }))
    let (losses, logSums) = (Tensor.uninitialized([rows]), Tensor.uninitialized([rows]))
    kernels.crossEntropy(
      read, ids: ids.idPointer, targets, loss: losses.pointer, logSumExp: logSums.pointer, rows: rows, n: classes)
    let logits = kept
    return Tensor(losses.sum() / counted, from: [self]) { g in
      let x = logits()
      let dx = Tensor.uninitialized(x.shape, x.element)
      kernels.crossEntropyBackward(
        x.read, ids: ids.idPointer, targets, logSumExp: logSums.pointer, scale: g.scalar / counted, g: nil,
        dx: dx.written, rows: rows, n: classes)
      return [dx]
    }
  }

  /// The mean cross-entropy of logits `[rows, classes]` with a distribution for each row. No gradient flows to the
  /// distributions.
  public func softmaxCrossEntropy(probabilities: Tensor) -> Tensor {
    guard rank == 2, probabilities.shape == shape else {
      fatalError("cross entropy: logits \(shape) with probabilities \(probabilities.shape)")
    }
    let (rows, classes) = rowsAndWidth
    let (p, count) = (probabilities.detached, Float(Swift.max(1, rows)))
    let (losses, logSums) = (Tensor.uninitialized([rows]), Tensor.uninitialized([rows]))
    kernels.crossEntropy(
      read, probabilities: p.read, loss: losses.pointer, logSumExp: logSums.pointer, rows: rows, n: classes)
    let logits = kept
    return Tensor(losses.sum() / count, from: [self]) { g in
      let x = logits()
      let dx = Tensor.uninitialized(x.shape, x.element)
      kernels.crossEntropyBackward(
        x.read, probabilities: p.read, logSumExp: logSums.pointer, scale: g.scalar / count, g: nil, dx: dx.written,
        rows: rows, n: classes)
      return [dx]
    }
  }
}
