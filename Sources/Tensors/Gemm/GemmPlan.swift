/// How a product is cut into chunks. No cut changes a bit of the result: every sum goes through all depths, in the same
/// order.
struct GemmPlan {
  let rows: Int, columns: Int
  /// The gradient of a weight, gᵀ·x, has few rows and columns and sums over all rows of a batch: instead of packing all
  /// of B first, every chunk packs its own part as it goes through the depths. (To split the depths among chunks, whose
  /// sums are joined in the end, took 4 to 8 % longer: what every split leaves behind does not stay in the caches.)
  let isDeep: Bool
  private let kernels: GemmKernels
  private let rowChunks: Int, columnChunks: Int
  /// Whether every chunk has all rows, and these are few enough to be packed once for all of them.
  let sharesRows: Bool

  var chunks: Int { rowChunks * columnChunks }

  init(m: Int, n: Int, k: Int, transposedA: Bool, kernels: GemmKernels) {
    rows = m
    columns = n
    self.kernels = kernels
    let rowTiles = (m + kernels.tileRows - 1) / kernels.tileRows
    let panels = kernels.panels(columns: n)
    // What has so many depths for so few elements is no such gradient, and would leave threads without a chunk.
    isDeep = transposedA && k >= 1536 && m * n <= 300_000 && m * n * 8 >= k
    if isDeep {
      sharesRows = false
      (rowChunks, columnChunks) = Self.deepChunks(tiles: rowTiles, panels: panels, kernels: kernels)
      return
    }
    // A chunk should take microseconds at least, and there should be enough of them for many threads.
    let work = Double(m) * Double(n) * Double(max(k, 1))
    let most = work > 3.2e7 ? 32 : max(1, Int(work / 1e6))
    // Few rows: the time goes into reading B. Every chunk has all rows and as many panels as the others. What is packed
    // stays in the L2 cache.
    let limit = max(1, min(most, panels, 24))
    let even = (1...limit).last { panels % $0 == 0 } ?? 1
    sharesRows = m <= kernels.fewRows && m * k <= 1 << 19 && 2 * even > limit
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

  /// Rows and columns are cut until the caches hold a chunk's sums and a block of its B. Every cut makes some chunks
  /// pack the same rows or columns again; the best one leaves the busiest thread the least to do.
  private static func deepChunks(tiles: Int, panels: Int, kernels: GemmKernels) -> (rows: Int, columns: Int) {
    let threads = ThreadPool.current.threads
    var best = (rows: tiles, columns: panels), least = Int.max
    for rows in 1...tiles {
      for columns in ceilDivide(panels, kernels.deepPanels)...panels {
        let (height, width) = (ceilDivide(tiles, rows), ceilDivide(panels, columns))
        if height * width > kernels.deepTiles { continue }
        // For each depth, in multiply-adds of vectors: a tile has two for every row; to fetch and pack its rows takes
        // the time of 16 or so, and a panel that of 32.
        let chunk = 2 * kernels.tileRows * height * width + 16 * height + 32 * width
        let cost = ceilDivide(rows * columns, threads) * chunk
        if cost < least { (best, least) = ((rows, columns), cost) }
      }
    }
    return best
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
