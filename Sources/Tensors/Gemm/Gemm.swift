import CKernels

/// C = epilogue(op(A)·op(B)), or C += …, for op(A) of m × k, op(B) of k × n and C of m × n elements.
///
/// An empty sum (k = 0) is zero. NaN and infinity spread as they do in plain loops. C overlaps none of the operands,
/// but for `epilogue.residual`, which may be C itself.
package func gemm(
  m: Int, n: Int, k: Int, a: MatrixOperand, b: MatrixOperand, c: MatrixResult, accumulate: Bool = false,
  epilogue: GemmEpilogue = GemmEpilogue(), kernels: GemmKernels
) {
  if m == 0 || n == 0 { return }
  profiled(
    "gemm", detail: gemmDetail(m, n, k, a, b, epilogue), precision: kernels.precision,
    work: gemmWork(m, n, k, a, b.element, c)
  ) {
    multiply(m, n, k, a, b, c, accumulate, epilogue, kernels)
  }
}

private func multiply(
  _ m: Int, _ n: Int, _ k: Int, _ a: MatrixOperand, _ b: MatrixOperand, _ c: MatrixResult, _ accumulate: Bool,
  _ epilogue: GemmEpilogue, _ kernels: GemmKernels
) {
  var product = GemmProduct(m: m, n: n, k: k, a: a, c: c, accumulate: accumulate, epilogue: epilogue, kernels: kernels)
  if product.plan.isDeep { return product.runDeep(b: b) }
  let wholeBytes = kernels.packedBytes(depth: k, columns: n)
  // B is packed in pieces that stay in the last-level cache, where C can wait for the rest.
  let most = product.isPlain ? 8 << 20 : 64 << 20
  if wholeBytes <= most {
    ScratchPool.shared.with(bytes: wholeBytes) { packed in
      kernels.pack(b, depths: 0..<k, of: k, columns: n, into: packed, parallel: true)
      product.run(packed: packed, depths: 0..<k)
    }
    return
  }
  let step = kernels.blockDepth(of: k)
  let blocks = max(1, most / kernels.packedBytes(depth: step, columns: n))
  product.withSums { product in
    ScratchPool.shared.with(bytes: kernels.packedBytes(depth: step * blocks, columns: n)) { packed in
      for first in stride(from: 0, to: k, by: step * blocks) {
        let depths = first..<min(k, first + step * blocks)
        kernels.pack(b, depths: depths, of: k, columns: n, into: packed, parallel: true)
        product.run(packed: packed, depths: depths)
      }
    }
  }
}

/// The same on this CPU's best kernels.
package func gemm(
  m: Int, n: Int, k: Int, a: MatrixOperand, b: MatrixOperand, c: MatrixResult, accumulate: Bool = false,
  precision: ProductPrecision, epilogue: GemmEpilogue = GemmEpilogue()
) {
  gemm(
    m: m, n: n, k: k, a: a, b: b, c: c, accumulate: accumulate, epilogue: epilogue, kernels: GemmKernels(precision))
}

/// C = epilogue(op(A)·B), or C += …, for op(A) of m × B.k elements and a packed B.
package func gemm(
  m: Int, a: MatrixOperand, b: PackedMatrix, c: MatrixResult, accumulate: Bool = false,
  epilogue: GemmEpilogue = GemmEpilogue()
) {
  if m == 0 || b.n == 0 { return }
  let product = GemmProduct(
    m: m, n: b.n, k: b.k, a: a, c: c, accumulate: accumulate, epilogue: epilogue, kernels: b.kernels)
  profiled(
    "gemm", detail: "\(m)×\(b.n)×\(b.k) packed", precision: b.kernels.precision,
    work: gemmWork(m, b.n, b.k, a, b.kernels.precision == .bf16 ? .bfloat16 : .float32, c)
  ) {
    product.run(packed: b.base, depths: 0..<b.k)
  }
}

private func gemmDetail(
  _ m: Int, _ n: Int, _ k: Int, _ a: MatrixOperand, _ b: MatrixOperand, _ epilogue: GemmEpilogue
) -> String {
  let order = (a.transposed ? "aᵀ" : "a") + (b.transposed ? "bᵀ" : "b")
  let activation =
    epilogue.activation == .none ? "" : " \(epilogue.activation)\(epilogue.activationInput == nil ? "" : "′")"
  return "\(m)×\(n)×\(k) \(order)\(activation)"
}

private func gemmWork(
  _ m: Int, _ n: Int, _ k: Int, _ a: MatrixOperand, _ b: MatrixElement, _ c: MatrixResult
) -> KernelWork {
  KernelWork(
    operations: 2 * Double(m) * Double(n) * Double(k),
    bytes: m * k * a.element.byteCount + k * n * b.byteCount + m * n * c.element.byteCount)
}
