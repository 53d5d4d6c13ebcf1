/// `batch` products of the same shape. A stride of 0 shares an operand among them; C has one place for each.
package func gemmBatched(
  batch: Int, m: Int, n: Int, k: Int, a: MatrixOperand, aStride: Int, b: MatrixOperand, bStride: Int, c: MatrixResult,
  cStride: Int, accumulate: Bool = false, epilogue: GemmEpilogue = GemmEpilogue(), kernels: GemmKernels
) {
  if batch == 0 || m == 0 || n == 0 { return }
  if cStride == 0 && batch > 1 { fatalError("gemmBatched: \(batch) products can't share one result") }
  if epilogue.preActivation != nil || epilogue.activationInput != nil || epilogue.residual != nil {
    fatalError("gemmBatched: an epilogue may have a bias and an activation only")
  }
  profiled(
    "gemmBatched", detail: "\(batch) · \(m)×\(n)×\(k)", precision: kernels.precision,
    work: KernelWork(
      operations: 2 * Double(batch) * Double(m) * Double(n) * Double(k),
      bytes: batch * (m * k * a.element.byteCount + k * n * b.element.byteCount + m * n * c.element.byteCount))
  ) {
    multiplyBatch(batch, m, n, k, a, aStride, b, bStride, c, cStride, accumulate, epilogue, kernels)
  }
}

private func multiplyBatch(
  _ batch: Int, _ m: Int, _ n: Int, _ k: Int, _ a: MatrixOperand, _ aStride: Int, _ b: MatrixOperand, _ bStride: Int,
  _ c: MatrixResult, _ cStride: Int, _ accumulate: Bool, _ epilogue: GemmEpilogue, _ kernels: GemmKernels
) {
  func product(_ i: Int) -> GemmProduct {
    GemmProduct(
      m: m, n: n, k: k, a: a.advanced(by: i * aStride), c: c.advanced(by: i * cStride), accumulate: accumulate,
      epilogue: epilogue, kernels: kernels)
  }
  let work = Double(m) * Double(n) * Double(max(k, 1))
  if batch == 1 || (work > 1e8 && bStride != 0) {
    // Each is large enough to be cut by itself.
    for i in 0..<batch {
      gemm(
        m: m, n: n, k: k, a: a.advanced(by: i * aStride), b: b.advanced(by: i * bStride),
        c: c.advanced(by: i * cStride), accumulate: accumulate, epilogue: epilogue, kernels: kernels)
    }
    return
  }
  // A chunk is a run of whole products, of a million multiplications or so.
  let grain = max(1, min(batch / 32, Int(1e6 / work)))
  let bytes = kernels.packedBytes(depth: k, columns: n)
  if bStride == 0 {
    let shared = PackedMatrix(b, k: k, n: n, kernels: kernels)
    parallelFor(batch, grain: grain) { items in
      for i in items { product(i).runHere(packed: shared.base, depths: 0..<k) }
    }
    return
  }
  parallelFor(batch, grain: grain) { items in
    ScratchPool.shared.with(bytes: bytes) { packed in
      for i in items {
        kernels.pack(
          b.advanced(by: i * bStride), depths: 0..<k, of: k, columns: n, into: packed, parallel: false)
        product(i).runHere(packed: packed, depths: 0..<k)
      }
    }
  }
}

/// The same on this CPU's best kernels.
package func gemmBatched(
  batch: Int, m: Int, n: Int, k: Int, a: MatrixOperand, aStride: Int, b: MatrixOperand, bStride: Int, c: MatrixResult,
  cStride: Int, accumulate: Bool = false, precision: ProductPrecision, epilogue: GemmEpilogue = GemmEpilogue()
) {
  gemmBatched(
    batch: batch, m: m, n: n, k: k, a: a, aStride: aStride, b: b, bStride: bStride, c: c, cStride: cStride,
    accumulate: accumulate, epilogue: epilogue, kernels: GemmKernels(precision))
}
