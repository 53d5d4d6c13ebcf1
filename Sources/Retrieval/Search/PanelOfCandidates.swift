/// The rows of a panel that one query is interested in, with bounds of their scores. An error without bound may make the
/// bounds NaN.
struct PanelOfCandidates: Sequence, IteratorProtocol {
  let first: Int
  var mask: UInt64
  let estimates: UnsafePointer<Float>
  let errors: UnsafePointer<Float>
  let norm: Float
  let slack: Float

  mutating func next() -> (row: Int, lower: Float, upper: Float)? {
    guard mask != 0 else { return nil }
    let place = mask.trailingZeroBitCount
    mask &= mask - 1
    let error = errors[place] * norm + slack
    return (first + place, estimates[place] - error, estimates[place] + error)
  }
}
