import CKernels

extension Kernels {
  /// y = softmax of each row.
  package func softmax(_ x: Elements, _ y: MutableElements, rows: Int, n: Int) {
    let stream = Self.streams(rows * n, y)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (x.type.size + y.type.size)) { r in
      let (x, y) = (x + r.lowerBound * n, y + r.lowerBound * n)
      c.softmax(x.type, x.start, y.type, y.start, r.count, n, stream)
    }
  }

  /// dx = y (g − Σ g y).
  package func softmaxBackward(g: Elements, y: Elements, dx: MutableElements, rows: Int, n: Int) {
    let stream = Self.streams(rows * n, dx)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (g.type.size + y.type.size + dx.type.size)) { r in
      let (g, y, dx) = (g + r.lowerBound * n, y + r.lowerBound * n, dx + r.lowerBound * n)
      c.softmax_backward(g.type, g.start, y.type, y.start, dx.type, dx.start, r.count, n, stream)
    }
  }

  /// y = log softmax of each row.
  package func logSoftmax(_ x: Elements, _ y: MutableElements, rows: Int, n: Int) {
    let stream = Self.streams(rows * n, y)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (x.type.size + y.type.size)) { r in
      let (x, y) = (x + r.lowerBound * n, y + r.lowerBound * n)
      c.log_softmax(x.type, x.start, y.type, y.start, r.count, n, stream)
    }
  }

  /// dx = g − exp(y) Σ g.
  package func logSoftmaxBackward(g: Elements, y: Elements, dx: MutableElements, rows: Int, n: Int) {
    let stream = Self.streams(rows * n, dx)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (g.type.size + y.type.size + dx.type.size)) { r in
      let (g, y, dx) = (g + r.lowerBound * n, y + r.lowerBound * n, dx + r.lowerBound * n)
      c.log_softmax_backward(g.type, g.start, y.type, y.start, dx.type, dx.start, r.count, n, stream)
    }
  }

  /// The loss of each row against a class, and the log of the sum of exponentials, which the gradient wants back.
  /// Ids must lie in 0..<n, or be the one that is ignored.
  package func crossEntropy(
    _ logits: Elements, ids: UnsafePointer<Int32>, _ targets: ck_targets, loss: UnsafeMutablePointer<Float>,
    logSumExp: UnsafeMutablePointer<Float>, rows: Int, n: Int
  ) {
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * logits.type.size) { r in
      let (x, i) = (logits + r.lowerBound * n, r.lowerBound)
      c.cross_entropy(x.type, x.start, ids + i, targets, loss + i, logSumExp + i, r.count, n)
    }
  }

  /// dx = scale · g[row] · (softmax − target); without g, 1 for all rows.
  package func crossEntropyBackward(
    _ logits: Elements, ids: UnsafePointer<Int32>, _ targets: ck_targets, logSumExp: UnsafePointer<Float>,
    scale: Float, g: UnsafePointer<Float>?, dx: MutableElements, rows: Int, n: Int
  ) {
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (logits.type.size + dx.type.size)) { r in
      let (x, dx, i) = (logits + r.lowerBound * n, dx + r.lowerBound * n, r.lowerBound)
      c.cross_entropy_backward(
        x.type, x.start, ids + i, targets, logSumExp + i, scale, g.map { $0 + i }, dx.type, dx.start, r.count, n, 0)
    }
  }

  /// The loss of each row against probabilities.
  package func crossEntropy(
    _ logits: Elements, probabilities: Elements, loss: UnsafeMutablePointer<Float>,
    logSumExp: UnsafeMutablePointer<Float>, rows: Int, n: Int
  ) {
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (logits.type.size + probabilities.type.size)) { r in
      let (x, p, i) = (logits + r.lowerBound * n, probabilities + r.lowerBound * n, r.lowerBound)
      c.cross_entropy_probabilities(x.type, x.start, p.type, p.start, loss + i, logSumExp + i, r.count, n)
    }
  }

  /// dx = scale · g[row] · (softmax Σ p − p); without g, 1 for all rows.
  package func crossEntropyBackward(
    _ logits: Elements, probabilities: Elements, logSumExp: UnsafePointer<Float>, scale: Float,
    g: UnsafePointer<Float>?, dx: MutableElements, rows: Int, n: Int
  ) {
    let stream = Self.streams(rows * n, dx)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (logits.type.size + probabilities.type.size + dx.type.size)) {
      r in
      let (x, p) = (logits + r.lowerBound * n, probabilities + r.lowerBound * n)
      let (dx, i) = (dx + r.lowerBound * n, r.lowerBound)
      c.cross_entropy_probabilities_backward(
        x.type, x.start, p.type, p.start, logSumExp + i, scale, g.map { $0 + i }, dx.type, dx.start, r.count, n,
        stream)
    }
  }
}
