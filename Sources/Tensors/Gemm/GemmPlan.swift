/// How a product is cut into chunks: by its shape alone, so that the bits of the result don't depend on the threads.
struct GemmPlan {
  let rows: Int, columns: Int
  /// Into how many runs of depths a sum of many terms is cut, each of them a chunk; 1 for most products.
  let splits: Int
  private let depth: Int
  private let kernels: GemmKernels
  private let rowChunks: Int, columnChunks: Int
  /// Whether every chunk has all rows, and these are few enough to be packed once for all of them.
  let sharesRows: Bool

  var chunks: Int { rowChunks * columnChunks }

  init(m: Int, n: Int, k: Int, transposedA: Bool, kernels: GemmKernels) {
    rows = m
    columns = n
    depth = k
    // The gradient of a weight, gᵀ·x, has few rows and columns and sums over all rows of a batch. Only a transposed A
    // is split: a row of y = x·Wᵀ shall not depend on how many rows there are.
    let isGradient = transposedA && k >= 1536 && m * n <= 300_000 && m * n * 8 >= k
    splits = isGradient ? min(8, Self.powerOfTwo(atMost: k / 768)) : 1
    self.kernels = kernels
    let rowTiles = (m + kernels.tileRows - 1) / kernels.tileRows
    let panels = kernels.panels(columns: n)
    // A chunk should take microseconds at least, and there should be enough of them for many threads.
    let work = Double(m) * Double(n) * Double(max(k, 1))
    let most = work > 3.2e7 ? 32 : max(1, Int(work / 1e6))
    // Few rows: the time goes into reading B. Every chunk has all rows and as many panels as the others. What is packed
    // stays in the L2 cache.
    let limit = max(1, min(most, panels, 24))
    let even = (1...limit).last { panels % $0 == 0 } ?? 1
    sharesRows = splits == 1 && m <= kernels.fewRows && m * k <= 1 << 19 && 2 * even > limit
    if sharesRows {
      (rowChunks, columnChunks) = (1, even)
      return
    }
    // Every chunk reads all of B's columns that it has, and few rows make little of them; A is packed again for every
    // `chunkPanels` in any case, so columns are cut down to these first. Then rows, and columns once more where rows
    // are too few.
    let wide = Self.powerOfTwo(atMost: min(most, panels / kernels.chunkPanels))
    var rowChunks = Self.powerOfTwo(atMost: min(most / wide, rowTiles / 3))
    let columnChunks = Self.powerOfTwo(atMost: min(most / rowChunks, rowChunks < 8 ? panels : panels / 12))
    if rowChunks * columnChunks < 8 { rowChunks = Self.powerOfTwo(atMost: min(most / columnChunks, rowTiles)) }
    self.rowChunks = rowChunks
    self.columnChunks = columnChunks
  }

  /// The rows and columns of a chunk. Chunks differ by one tile at most.
  func area(of chunk: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (row, column) = (chunk / columnChunks, chunk % columnChunks)
    return (
      Self.share(row, of: rowChunks, total: rows, tile: kernels.tileRows),
      Self.share(column, of: columnChunks, total: columns, tile: kernels.tileColumns)
    )
  }

  /// The depths of a split, in multiples of 8.
  func depths(of split: Int) -> Range<Int> {
    Self.share(split, of: splits, total: depth, tile: 8)
  }

  /// The parts of the result that every split is cut into, so that there is work for many threads: columns, of which a
  /// split packs and reads so many together in any case, or else rows.
  var splitAreas: [(rows: Range<Int>, columns: Range<Int>)] {
    let (tiles, panels) = (ceilDivide(rows, kernels.tileRows), kernels.panels(columns: columns))
    let columnParts = max(1, ceilDivide(panels, kernels.chunkPanels / 2))
    let rowParts = columnParts == 1 && tiles > 32 ? 2 : 1
    return (0..<rowParts * columnParts).map { part in
      (
        Self.share(part / columnParts, of: rowParts, total: rows, tile: kernels.tileRows),
        Self.share(part % columnParts, of: columnParts, total: columns, tile: kernels.tileColumns)
      )
    }
  }

  private static func share(_ i: Int, of count: Int, total: Int, tile: Int) -> Range<Int> {
    let tiles = (total + tile - 1) / tile
    return min(total, i * tiles / count * tile)..<min(total, (i + 1) * tiles / count * tile)
  }

  private static func powerOfTwo(atMost limit: Int) -> Int {
    var power = 1
    while power * 2 <= limit { power *= 2 }
    return power
  }
}
