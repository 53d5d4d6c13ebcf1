import Glibc

/// How many dimensions embeddings use, read from their spectrum.
///
/// One matrix of products serves both spectra: of the rows where there are fewer rows than dimensions, of the dimensions
/// otherwise. Both have the same eigenvalues but for zeros.
public struct Spectrum: Sendable, Equatable {
  /// The singular values of the embeddings, falling.
  public let singularValues: [Double]
  /// The eigenvalues of their covariance, falling.
  public let covariance: [Double]

  /// Of a sample. Empty where numbers are not finite.
  public init(_ sample: EmbeddingSample) {
    let rows = sample.rows
    let usesRows = rows.count <= rows.width
    let products = SymmetricMatrix(productsOf: usesRows ? rows : rows.transposed)
    singularValues = products.eigenvalues.map { max(0, $0).squareRoot() }
    let centred = usesRows ? products.doublyCentred : products.minusOuterProduct(rows.mean, times: Double(rows.count))
    covariance = centred.eigenvalues.map { max(0, $0) / Double(max(1, rows.count)) }
  }

  package init(covariance: [Double], singularValues: [Double] = []) {
    self.covariance = covariance
    self.singularValues = singularValues
  }

  /// RankMe (Garrido et al., "RankMe: assessing the downstream performance of pretrained self-supervised representations
  /// by their rank", 2023, equation 1): exp(− Σ p log p) with p = σ / Σ σ + ε and the paper's ε = 10⁻⁷.
  public var rankMe: Double { Self.effectiveRank(singularValues) }

  /// (Σ λ)² / Σ λ², the dimensions that share the variance (Gao et al., "A theory of multineuronal dimensionality,
  /// dynamics and measurement", 2017). 0 if nothing varies.
  public var participationRatio: Double {
    let sum = covariance.reduce(0, +)
    let squares = covariance.reduce(0) { $0 + $1 * $1 }
    return squares > 0 ? sum * sum / squares : 0
  }

  /// The slope α of a spectrum λᵢ ∝ i^−α (Agrawal et al., "α-ReQ: assessing representation quality in self-supervised
  /// learning by measuring eigenspectrum decay", 2022): a straight line through (log i, log λᵢ), least squares, over the
  /// eigenvalues that stand out of rounding errors. About 1 is said to be good; large means few dimensions. `nil` if there
  /// are fewer than three.
  public var alphaReQ: Double? {
    let largest = covariance.first ?? 0
    let points = covariance.enumerated().filter { $0.element > 1e-9 * largest }
      .map { (x: log(Double($0.offset + 1)), y: log($0.element)) }
    guard points.count >= 3 else { return nil }
    let meanX = points.reduce(0) { $0 + $1.x } / Double(points.count)
    let meanY = points.reduce(0) { $0 + $1.y } / Double(points.count)
    let along = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
    return -along / points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
  }

  /// The exponential of the entropy of values as shares of their sum, each with ε added.
  static func effectiveRank(_ values: [Double]) -> Double {
    let sum = values.reduce(0, +)
    guard sum > 0 else { return 0 }
    return exp(
      -values.reduce(0) {
        let share = $1 / sum + 1e-7
        return $0 + share * log(share)
      })
  }
}

extension SymmetricMatrix {
  /// H K H with H = I − 11ᵀ/n: the products of centred rows.
  fileprivate var doublyCentred: SymmetricMatrix {
    let means = (0..<order).map { row in
      values[row * order..<(row + 1) * order].reduce(0, +) / Double(max(1, order))
    }
    let mean = means.reduce(0, +) / Double(max(1, order))
    var result = self
    for row in 0..<order { for column in 0..<order { result[row, column] += mean - means[row] - means[column] } }
    return result
  }

  /// C − n μ μᵀ: the products of centred columns.
  fileprivate func minusOuterProduct(_ vector: [Double], times factor: Double) -> SymmetricMatrix {
    var result = self
    for row in 0..<order { for column in 0..<order { result[row, column] -= factor * vector[row] * vector[column] } }
    return result
  }
}
