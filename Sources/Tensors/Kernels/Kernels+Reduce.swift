import CKernels

extension Kernels {
  /// One number a row of x [rows, n].
  package func reduceRows(
    _ op: ck_reduction, _ x: Elements, _ out: UnsafeMutablePointer<Float>, rows: Int, n: Int
  ) {
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * x.type.size) { r in
      let x = x + r.lowerBound * n
      c.reduce_rows(op, x.type, x.start, out + r.lowerBound, r.count, n)
    }
  }

  /// The index of the largest number of each row, the first of equals. A row of no numbers has 0.
  package func argmaxRows(_ x: Elements, _ out: UnsafeMutablePointer<Int32>, rows: Int, n: Int) {
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * x.type.size) { r in
      let x = x + r.lowerBound * n
      c.argmax_rows(x.type, x.start, out + r.lowerBound, r.count, n)
    }
  }

  /// out[j] = Σᵢ x[i, j]: the gradient of a bias.
  package func sumColumns(_ x: Elements, _ out: UnsafeMutablePointer<Float>, rows: Int, n: Int) {
    overRowBlocks(rows: rows, n: n, sums: [out], moves: rows * n * x.type.size) { r, partial in
      let x = x + r.lowerBound * n
      c.sum_columns(x.type, x.start, partial, r.count, n)
    }
  }

  /// The sum of all, in double precision.
  package func sum(_ x: Elements, count: Int) -> Double {
    total(count) { r in
      let x = x + r.lowerBound
      return c.sum(x.type, x.start, r.count)
    }
  }

  /// The sum of all squares, in double precision.
  package func sumSquares(_ x: Elements, count: Int) -> Double {
    total(count) { r in
      let x = x + r.lowerBound
      return c.sum_squares(x.type, x.start, r.count)
    }
  }

  /// The index of the first NaN or infinity.
  package func firstNonfinite(_ x: Elements, count: Int) -> Int? {
    let first = partials(count) { r in
      let x = x + r.lowerBound
      let i = c.first_nonfinite(x.type, x.start, r.count)
      return i < r.count ? r.lowerBound + i : count
    }.min()
    return first.flatMap { $0 < count ? $0 : nil }
  }

  private func total(_ count: Int, _ body: (Range<Int>) -> Double) -> Double {
    partials(count, body).reduce(0, +)
  }

  private func partials<T>(_ count: Int, _ body: (Range<Int>) -> T) -> [T] {
    guard count > 0 else { return [] }
    let chunks = (count - 1) / Self.grain + 1
    return Array(unsafeUninitializedCapacity: chunks) { buffer, initialized in
      nonisolated(unsafe) let buffer = buffer
      parallelFor(count, grain: Self.grain) { r in
        buffer.initializeElement(at: r.lowerBound / Self.grain, to: body(r))
      }
      initialized = chunks
    }
  }

  /// Calls `body` for blocks of rows, each with a row of n for its own partial sums to overwrite, and adds those up in
  /// the blocks' order. With several `sums`, the partial rows lie `n` apart.
  func overRowBlocks(
    rows: Int, n: Int, sums: [UnsafeMutablePointer<Float>], moves bytes: @autoclosure () -> Int,
    _ function: StaticString = #function, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    profiled(function, work: KernelWork(bytes: bytes())) { overRowBlocks(rows: rows, n: n, sums: sums, body) }
  }

  private func overRowBlocks(
    rows: Int, n: Int, sums: [UnsafeMutablePointer<Float>], _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let grain = Self.sumGrain(n)
    let blocks = max(1, (rows + grain - 1) / grain)
    let width = sums.count * n
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, blocks * width)) { partial in
      guard let base = partial.baseAddress else { return }
      if rows == 0 { partial.initialize(repeating: 0) }
      parallelFor(rows, grain: grain) { r in body(r, base + r.lowerBound / grain * width) }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, width)) { total in
        guard let total = total.baseAddress else { return }
        c.sum_columns(CK_F32, base, total, blocks, width)
        for (i, sum) in sums.enumerated() { sum.update(from: total + i * n, count: n) }
      }
    }
  }
}
