import Glibc
import Tensors

/// Fixed positions of a grid of patches: sines and cosines of both coordinates.
///
/// He et al., "Masked autoencoders are scalable vision learners", 2021: the first half of the numbers tells the column,
/// the second the row; of each half, sines come first. `rows × columns × width` numbers. (transformers 5 fills a fresh
/// model the other way round; model files carry their positions, so that either opens with what it was trained with.)
public func sinCosPositions(rows: Int, columns: Int, width: Int) -> [Float] {
  guard width > 0, width % 4 == 0 else { fatalError("sinCosPositions: a width of \(width) is no multiple of 4") }
  let quarter = width / 4
  let frequencies = (0..<quarter).map { 1 / pow(10000, Double($0) / Double(quarter)) }
  var positions = [Float]()
  expectMemory(rows * columns * width * MemoryLayout<Float>.size, for: "the positions of patches")
  positions.reserveCapacity(rows * columns * width)
  for row in 0..<rows {
    for column in 0..<columns {
      for coordinate in [Double(column), Double(row)] {
        positions += frequencies.map { Float(sin(coordinate * $0)) }
        positions += frequencies.map { Float(cos(coordinate * $0)) }
      }
    }
  }
  return positions
}

/// How learned positions are interpolated to another grid. Both are bicubic; the libraries differ.
public enum PositionInterpolation: String, Sendable, CaseIterable {
  /// Keys's cubic with a = −0.5, stretched when the grid shrinks (PyTorch's `antialias=True`): timm and open_clip.
  case antialiased
  /// Keys's cubic with a = −0.75 over four neighbours, edges repeated (PyTorch's `antialias=False`): Hugging Face.
  case plain
}

/// Learned positions of a grid, without class tokens, on another grid: `newRows × newColumns × width` numbers.
public func interpolatePositions(
  _ positions: [Float], rows: Int, columns: Int, toRows newRows: Int, columns newColumns: Int,
  _ kind: PositionInterpolation
) -> [Float] {
  guard rows > 0, columns > 0, newRows > 0, newColumns > 0, positions.count % (rows * columns) == 0 else {
    fatalError("interpolatePositions: \(positions.count) numbers are no grid of \(rows) × \(columns)")
  }
  if rows == newRows && columns == newColumns { return positions }
  let width = positions.count / (rows * columns)
  let across = cubicTaps(from: columns, to: newColumns, kind)
  let down = cubicTaps(from: rows, to: newRows, kind)
  var half = [Float](repeating: 0, count: rows * newColumns * width)
  for row in 0..<rows {
    for (column, taps) in across.enumerated() {
      for (source, weight) in taps {
        for i in 0..<width {
          half[(row * newColumns + column) * width + i] += weight * positions[(row * columns + source) * width + i]
        }
      }
    }
  }
  var result = [Float](repeating: 0, count: newRows * newColumns * width)
  let rowLength = newColumns * width
  for (row, taps) in down.enumerated() {
    for (source, weight) in taps {
      for i in 0..<rowLength { result[row * rowLength + i] += weight * half[source * rowLength + i] }
    }
  }
  return result
}

/// For each new place, the old places that it is made of and their weights.
private func cubicTaps(from source: Int, to target: Int, _ kind: PositionInterpolation) -> [[(Int, Float)]] {
  let scale = Double(source) / Double(target)
  return (0..<target).map { place in
    let center = (Double(place) + 0.5) * scale
    switch kind {
    case .plain:
      let first = (center - 0.5).rounded(.down)
      return (-1...2).map { offset in
        let at = Int(first) + offset
        return (min(max(at, 0), source - 1), Float(cubic(center - 0.5 - Double(at), a: -0.75)))
      }
    case .antialiased:
      let stretch = max(scale, 1)
      let first = max(0, Int(center - 2 * stretch + 0.5))
      let end = min(source, Int(center + 2 * stretch + 0.5))
      let weights = (first..<end).map { cubic((Double($0) - center + 0.5) / stretch, a: -0.5) }
      let sum = weights.reduce(0, +)
      return zip(first..<end, weights).map { ($0, Float($1 / sum)) }
    }
  }
}

/// Keys, "Cubic convolution interpolation for digital image processing", 1981.
private func cubic(_ x: Double, a: Double) -> Double {
  let x = abs(x)
  if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
  if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
  return 0
}
