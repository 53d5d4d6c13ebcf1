import Glibc

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
