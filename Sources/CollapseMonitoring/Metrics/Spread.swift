/// How far embeddings of length 1 spread in each dimension.
///
/// Chen and He, "Exploring simple siamese representation learning" (2021), section 4.1: the standard deviation of each
/// dimension of z / ‖z‖ over a batch is 1/√d for directions that are spread evenly, and 0 once all outputs are equal.
public struct Spread: Sendable, Equatable {
  /// The mean standard deviation, times √d: 1 is even, 0 is collapsed.
  public let mean: Double
  /// The root of the variance in all dimensions together: 1 if the mean is 0, 0 for a point, whatever the directions.
  public let total: Double
  /// The standard deviation of each dimension, times √d.
  public let byDimension: [Double]
  /// The share of dimensions with less than a hundredth of 1/√d: they are the same for every sample.
  public let deadShare: Double

  /// Of a sample.
  public init(_ sample: EmbeddingSample) {
    let z = sample.directions
    let means = z.mean
    var squares = [Double](repeating: 0, count: z.width)
    for row in 0..<z.count {
      for (i, value) in z[row].enumerated() { squares[i] += (value - means[i]) * (value - means[i]) }
    }
    byDimension = squares.map { ($0 / Double(max(1, z.count)) * Double(z.width)).squareRoot() }
    total = (byDimension.reduce(0) { $0 + $1 * $1 } / Double(max(1, z.width))).squareRoot()
    mean = byDimension.reduce(0, +) / Double(max(1, z.width))
    deadShare = Double(byDimension.count { $0 < 0.01 }) / Double(max(1, z.width))
  }
}
