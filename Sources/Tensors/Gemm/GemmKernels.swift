import CKernels

/// The product kernels of one instruction set and one precision.
package struct GemmKernels: @unchecked Sendable {
  // A constant of the library: it is only read.
  let table: UnsafePointer<ck_gemm_kernels>

  /// The kernels of this CPU's best level; tests ask for lower ones.
  package init(_ precision: ProductPrecision, level: ck_level = ck_best_level()) {
    guard let table = ck_gemm_kernels_for(level, precision == .fp32 ? CK_PRODUCT_F32 : CK_PRODUCT_BF16) else {
      fatalError("gemm: no kernels for level \(level)")
    }
    self.table = table
  }

  var precision: Precision { table.pointee.product == CK_PRODUCT_F32 ? .fp32 : .bf16 }
  var tileRows: Int { table.pointee.tile_rows }
  var tileColumns: Int { table.pointee.tile_columns }
  /// The panels of B for which A is packed once.
  var chunkPanels: Int { table.pointee.chunk_columns / tileColumns }
  /// The most rows of A that can be packed once for all chunks.
  var fewRows: Int { table.pointee.few_rows }
  /// The most panels and tiles of a deep product's chunk.
  var deepPanels: Int { table.pointee.deep_columns / tileColumns }
  var deepTiles: Int { table.pointee.deep_tiles }
  var scratchBytes: Int { table.pointee.scratch_bytes }

  func panels(columns: Int) -> Int { (columns + tileColumns - 1) / tileColumns }
  func blockDepth(of depth: Int) -> Int { ck_gemm_block_depth(table, depth) }
  func panelBytes(depth: Int) -> Int { ck_gemm_panel_bytes(table, depth) }
  func packedBytes(depth: Int, columns: Int) -> Int { panels(columns: columns) * panelBytes(depth: depth) }

  /// Packs the depths `depths` of B. A block of depths follows the other, and in it a panel the other.
  func pack(
    _ b: MatrixOperand, depths: Range<Int>, of depth: Int, columns: Int, into packed: UnsafeMutableRawPointer,
    parallel: Bool
  ) {
    let step = blockDepth(of: depth)
    let panels = panels(columns: columns)
    let group = 8
    let groups = (panels + group - 1) / group
    let blocks = (depths.count + step - 1) / step
    var matrix = b.kernelMatrix
    withUnsafePointer(to: &matrix) { matrix in
      let body = { (chunk: Int) in
        let first = depths.lowerBound + chunk / groups * step
        let count = min(step, depths.upperBound - first)
        let out = packed + panels * panelBytes(depth: first - depths.lowerBound)
        let some = chunk % groups * group..<min(panels, (chunk % groups + 1) * group)
        table.pointee.pack_b(
          matrix, first, count, some.lowerBound * tileColumns, some.upperBound * tileColumns, columns,
          out + some.lowerBound * panelBytes(depth: count))
      }
      if parallel {
        ThreadPool.current.run(chunks: blocks * groups, body)
      } else {
        for chunk in 0..<blocks * groups { body(chunk) }
      }
    }
  }
}
