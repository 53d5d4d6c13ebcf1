/// How many dimensions tell pictures apart rather than their views (Thilak et al., "LiDAR: sensing linear probing
/// performance in joint embedding SSL architectures", 2023).
///
/// Each picture is a class of its two views. With Σ_b the covariance of the classes' means, Σ_w that within classes plus
/// δ I and λ the eigenvalues of Σ_w^(−1/2) Σ_b Σ_w^(−1/2), LiDAR is exp(− Σ p log p), p = λ / Σ λ + ε (equations 1 to 5),
/// with the paper's δ = 10⁻⁴ and ε = 10⁻⁷. Eigenvalues that do not vanish are also those of Bᵀ Σ_w⁻¹ B with Σ_b = B Bᵀ,
/// a matrix of as many rows as there are pictures; Woodbury's identity gives it without inverting anything larger.
///
/// - Returns: `nil` where numbers are not finite.
public func lidar(_ first: EmbeddingSample, _ second: EmbeddingSample, limit: Int = 128) -> Double? {
  let delta = 1e-4
  let count = min(limit, first.count, second.count)
  let (x, y) = (first.rows.prefix(count), second.rows.prefix(count))
  let scale = 1 / Double(max(1, count)).squareRoot()
  func combined(_ f: (Double, Double) -> Double) -> Rows {
    Rows(count: count, width: x.width, zip(x.values, y.values).map { f($0, $1) })
  }
  // Both views of a picture are equally far from their mean, so that one difference stands for the two.
  let within = combined { ($0 - $1) / 2 * scale }
  let between = combined { ($0 + $1) / 2 * scale }.centred
  var inner = SymmetricMatrix(productsOf: within)
  for i in 0..<count { inner[i, i] += delta }
  guard inner.isFinite, let factor = inner.choleskyFactor() else { return nil }
  let crossed = Rows(count: count, width: count, crossProducts(between, within))
  let explained = SymmetricMatrix(productsOf: factor.forwardSubstituted(crossed))
  var matrix = SymmetricMatrix(productsOf: between)
  for i in matrix.values.indices { matrix.values[i] = (matrix.values[i] - explained.values[i]) / delta }
  guard matrix.isFinite else { return nil }
  // The paper's matrix has as many eigenvalues as there are dimensions; ε counts for those that vanish, too.
  let eigenvalues = matrix.eigenvalues.prefix(x.width).map { max(0, $0) }
  return Spectrum.effectiveRank(eigenvalues + [Double](repeating: 0, count: x.width - eigenvalues.count))
}
