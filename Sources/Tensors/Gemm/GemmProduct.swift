import CKernels

/// One product on its way: all but B, which comes packed and perhaps in pieces.
struct GemmProduct {
  private var chunk: ck_gemm_chunk
  let plan: GemmPlan
  private let kernels: GemmKernels
  /// Whether C itself holds the sums until they are complete.
  let isPlain: Bool

  init(
    m: Int, n: Int, k: Int, a: MatrixOperand, c: MatrixResult, accumulate: Bool, epilogue: GemmEpilogue,
    kernels: GemmKernels
  ) {
    plan = GemmPlan(m: m, n: n, k: k, transposedA: a.transposed, kernels: kernels)
    isPlain = epilogue.isPlain && c.element == .float32
    self.kernels = kernels
    chunk = ck_gemm_chunk()
    chunk.a = a.kernelMatrix
    chunk.c = c.pointer
    chunk.c_stride = c.rowStride
    chunk.c_element = c.element.kernelElement
    chunk.accumulate = accumulate
    chunk.epilogue = epilogue.kernelEpilogue(for: c.element)
    chunk.columns = n
    chunk.depth = k
  }

  /// Adds the products of these depths, which `packed` holds of B.
  func run(packed: UnsafeRawPointer, depths: Range<Int>) {
    let body = { (rows: UnsafeRawPointer?) in
      ThreadPool.current.run(chunks: plan.chunks) { runChunk($0, packed: packed, rows: rows, depths: depths) }
    }
    guard plan.sharesRows else { return body(nil) }
    var whole = chunk
    (whole.depth0, whole.depth1) = (depths.lowerBound, depths.upperBound)
    (whole.row0, whole.row1) = (0, plan.rows)
    let tiles = ceilDivide(plan.rows, kernels.tileRows)
    let blocks = ceilDivide(depths.count, kernels.blockDepth(of: chunk.depth))
    ScratchPool.shared.with(bytes: tiles * blocks * kernels.table.pointee.tile_bytes) { rows in
      withUnsafePointer(to: whole) { whole in
        ThreadPool.current.run(chunks: tiles) { kernels.table.pointee.pack_few(whole, $0, rows) }
      }
      body(rows)
    }
  }

  /// The same on the calling thread alone.
  func runHere(packed: UnsafeRawPointer, depths: Range<Int>) {
    for i in 0..<plan.chunks { runChunk(i, packed: packed, rows: nil, depths: depths) }
  }

  /// The whole of a deep product: every chunk packs its own part of B.
  func runDeep(b: MatrixOperand) {
    var product = self
    product.chunk.b = b.kernelMatrix
    ThreadPool.current.run(chunks: plan.chunks) { [product] in
      product.runChunk($0, packed: nil, rows: nil, depths: 0..<chunk.depth)
    }
  }

  private func runChunk(_ i: Int, packed: UnsafeRawPointer?, rows: UnsafeRawPointer?, depths: Range<Int>) {
    let area = plan.area(of: i)
    if area.rows.isEmpty || area.columns.isEmpty { return }
    ScratchPool.shared.with(bytes: kernels.scratchBytes) { scratch in
      var part = chunk
      part.packed_b = packed
      part.packed_a = rows
      (part.depth0, part.depth1) = (depths.lowerBound, depths.upperBound)
      (part.row0, part.row1) = (area.rows.lowerBound, area.rows.upperBound)
      (part.column0, part.column1) = (area.columns.lowerBound, area.columns.upperBound)
      let next = i + 1 < plan.chunks ? plan.area(of: i + 1) : nil
      part.next_row0 = next?.rows.lowerBound ?? -1
      part.next_column0 = next?.columns.lowerBound ?? -1
      part.scratch = scratch
      (packed == nil ? kernels.table.pointee.multiply_deep : kernels.table.pointee.multiply)(&part)
    }
  }

  /// Gives the sums a place of their own for the time between two pieces of B.
  mutating func withSums(_ body: (GemmProduct) -> Void) {
    let stride = kernels.panels(columns: plan.columns) * kernels.tileColumns
    ScratchPool.shared.with(bytes: plan.rows * stride * 4) { sums in
      chunk.sums = sums.assumingMemoryBound(to: Float.self)
      chunk.sums_stride = stride
      body(self)
    }
    chunk.sums = nil
  }
}
