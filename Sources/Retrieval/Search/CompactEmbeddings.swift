import CKernels
import Tensors

/// Embeddings in a quarter of the memory, to find out quickly which rows can't be among the nearest.
///
/// A row x is kept as bytes c and a scale s, x = s·c + e, where e is what rounding has lost; a query is q = t·d + f in
/// the same way. Then
///
///     x·q = s·t·(c·d) + e·q + s·c·f
///
/// The first term is an integer product of bytes. By Cauchy and Schwarz the other two are within
///
///     |x·q - s·t·(c·d)| ≤ ‖e‖·‖q‖ + ‖s·c‖·‖f‖
///
/// ‖e‖ is kept for each row, of ‖s·c‖ the largest of all rows, and the norms of q and f are known. The estimate itself
/// is computed in single precision: c·d is an exact integer, its conversion and two products are off by less than
/// 4·2⁻²⁴ of |s·t·(c·d)| ≤ ‖s·c‖·(‖q‖ + ‖f‖), and adding bound and estimate by about as much again. 2⁻²⁰ of that product
/// covers these, the rounding of the double precision score, and norms that were rounded. Where s·t is so small that
/// it loses precision, it is off by at most 2⁻¹⁴⁹, and c·d is below 2³¹: 10⁻³⁰ covers that.
///
/// So every row's score is known to lie in an interval. A row whose upper end is below the k-th highest lower end can't
/// be among the k nearest; all others are scored exactly. The answer is that of a full scan in double precision.
package final class CompactEmbeddings: Sendable {
  /// How many rows there are.
  package let count: Int
  /// Numbers in a row.
  package let width: Int
  /// Not below the norm ‖s·c‖ of any row.
  package let largestNorm: Float
  private let memory: AlignedMemory

  /// Beyond this the 32-bit sums of byte products could overflow: 65536 × 255 × 127 < 2³¹.
  package static let widest = 65536

  /// Rows that the kernels work on at a time.
  static let panelRows = Int(CK_PANEL_ROWS)

  static func panels(_ count: Int) -> Int { (count + panelRows - 1) / panelRows }
  static func groups(_ width: Int) -> Int { (width + 3) / 4 }
  /// The bytes that the rows take: scales and errors of all rows, then the codes of a panel after the other.
  static func bytes(count: Int, width: Int) -> Int { panels(count) * panelRows * (8 + 4 * groups(width)) }

  private init(count: Int, width: Int, largestNorm: Float, memory: AlignedMemory) {
    self.count = count
    self.width = width
    self.largestNorm = largestNorm
    self.memory = memory
  }

  /// The compact form of embeddings.
  package convenience init(_ rows: Embeddings, kernels: SearchKernels = .best) {
    guard rows.width <= Self.widest else { fatalError("CompactEmbeddings: rows of \(rows.width) numbers") }
    let memory = AlignedMemory(bytes: Self.bytes(count: rows.count, width: rows.width))
    let layout = Layout(memory.base, count: rows.count, width: rows.width)
    let panels = Self.panels(rows.count)
    var norms = [Float](repeating: 0, count: panels)
    norms.withUnsafeMutableBufferPointer { norms in
      nonisolated(unsafe) let norms = norms
      parallelFor(panels, grain: 16) { panels in
        for panel in panels {
          for row in panel * Self.panelRows..<min(rows.count, (panel + 1) * Self.panelRows) {
            var norm: Float = 0
            kernels.table.pointee.encode(
              rows.values(of: row).baseAddress, rows.width, layout.codes(of: panel) + row % Self.panelRows * 4,
              layout.scales + row, layout.errors + row, &norm)
            norms[panel] = max(norms[panel], norm)
          }
        }
      }
    }
    self.init(count: rows.count, width: rows.width, largestNorm: norms.max() ?? 0, memory: memory)
  }

  /// The compact form as ``withBytes(_:)`` gave it; `fill` writes it.
  package convenience init(
    count: Int, width: Int, largestNorm: Float, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    let memory = AlignedMemory(bytes: Self.bytes(count: count, width: width))
    try fill(UnsafeMutableRawBufferPointer(start: memory.base, count: memory.bytes))
    self.init(count: count, width: width, largestNorm: largestNorm, memory: memory)
  }

  /// Calls `body` with what a file keeps, which must not be used afterwards.
  package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    try withExtendedLifetime(self) {
      try body(UnsafeRawBufferPointer(start: memory.base, count: memory.bytes))
    }
  }

  var layout: Layout { Layout(memory.base, count: count, width: width) }

  /// Where things are in the memory.
  struct Layout: @unchecked Sendable {
    // Threads that fill it have panels of their own; later it is only read.
    let scales: UnsafeMutablePointer<Float>
    let errors: UnsafeMutablePointer<Float>
    private let firstPanel: UnsafeMutablePointer<UInt8>
    private let panelBytes: Int

    init(_ base: UnsafeMutableRawPointer, count: Int, width: Int) {
      let rows = panels(count) * panelRows
      scales = base.assumingMemoryBound(to: Float.self)
      errors = scales + rows
      firstPanel = (base + rows * 8).assumingMemoryBound(to: UInt8.self)
      panelBytes = panelRows * 4 * groups(width)
    }

    func codes(of panel: Int) -> UnsafeMutablePointer<UInt8> { firstPanel + panel * panelBytes }
  }
}
