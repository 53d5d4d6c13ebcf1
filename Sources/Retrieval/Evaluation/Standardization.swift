/// Mean and deviation of each feature, to bring all of them to mean 0 and deviation 1.
package struct Standardization: Sendable {
  private let means: [Float]
  private let factors: [Float]

  /// The statistics of some samples.
  package init(_ features: Embeddings) {
    var sums = [Double](repeating: 0, count: features.width)
    var squares = sums
    for row in 0..<features.count {
      for (i, value) in features.values(of: row).enumerated() { sums[i] += Double(value) }
    }
    let count = Double(max(features.count, 1))
    let means = sums.map { $0 / count }
    for row in 0..<features.count {
      for (i, value) in features.values(of: row).enumerated() {
        squares[i] += (Double(value) - means[i]) * (Double(value) - means[i])
      }
    }
    self.means = means.map { Float($0) }
    factors = squares.map { Float(1 / ($0 / count + 1e-6).squareRoot()) }
  }

  /// Standardized features.
  package func callAsFunction(_ features: Embeddings) -> Embeddings {
    Embeddings(count: features.count, width: features.width) { out in
      for row in 0..<features.count {
        for (i, value) in features.values(of: row).enumerated() {
          out[row * features.width + i] = (value - means[i]) * factors[i]
        }
      }
    }
  }
}
