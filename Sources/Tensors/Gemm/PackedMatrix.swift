import CKernels

/// The right operand B of a product, packed once to be used again and again: fixed weights at inference, where packing
/// them for a single row would cost more than the product.
package final class PackedMatrix: Sendable {
  package let k: Int
  package let n: Int
  let kernels: GemmKernels
  private let block: ScratchPool.Block

  var base: UnsafeRawPointer { UnsafeRawPointer(block.base) }

  /// Packs op(B), k rows of n columns.
  package init(_ b: MatrixOperand, k: Int, n: Int, kernels: GemmKernels) {
    self.k = k
    self.n = n
    self.kernels = kernels
    block = ScratchPool.shared.take(bytes: kernels.packedBytes(depth: k, columns: n))
    kernels.pack(b, depths: 0..<k, of: k, columns: n, into: block.base, parallel: true)
  }

  package convenience init(_ b: MatrixOperand, k: Int, n: Int, precision: ProductPrecision) {
    self.init(b, k: k, n: n, kernels: GemmKernels(precision))
  }

  deinit { ScratchPool.shared.giveBack(block) }
}
