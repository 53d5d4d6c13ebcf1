import CKernels

extension Kernels {
  /// y[b, j, i] = x[b, i, j] for `batch` matrices of [rows, columns], of 2 or 4 bytes an element.
  package func transpose(
    size: Int, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, batch: Int, rows: Int, columns: Int
  ) {
    let band = max(16, Self.rowGrain(columns) / 16 * 16)
    let bands = (rows + band - 1) / band
    loop(batch * bands, grain: 1, moves: 2 * batch * rows * columns * size) { r in
      let (matrix, first) = (r.lowerBound / bands, r.lowerBound % bands * band)
      let from = x + (matrix * rows + first) * columns * size
      let to = y + (matrix * rows * columns + first) * size
      c.transpose(size, from, columns, to, rows, min(band, rows - first), columns)
    }
  }

  /// y[i] = x[ids[i]], rows of so many bytes. The caller has checked the ids.
  package func gatherRows(
    _ x: UnsafeRawPointer, ids: UnsafePointer<Int32>, _ y: UnsafeMutableRawPointer, count: Int, rowBytes: Int
  ) {
    loop(count, grain: Self.rowGrain(rowBytes / 4), moves: 2 * count * rowBytes) { r in
      c.gather_rows(x, ids + r.lowerBound, y + r.lowerBound * rowBytes, r.count, rowBytes)
    }
  }

  /// out[ids[i]] += g[i], for out of [rows, n] and g of [count, n]; equal ids add up in the order of i.
  package func scatterAddRows(
    g: Elements, ids: UnsafePointer<Int32>, _ out: UnsafeMutablePointer<Float>, count: Int, rows: Int, n: Int
  ) {
    // Every chunk reads all ids: a few large ones.
    loop(rows, grain: max(1, (rows + 15) / 16), moves: count * n * (g.type.size + 8)) { r in
      c.scatter_add_rows(g.type, g.start, ids, count, n, out, r.lowerBound, r.upperBound)
    }
  }
}
