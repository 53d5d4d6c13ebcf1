import Encoders
import Layers
import Tensors

/// VICReg (Bardes et al., "Variance-invariance-covariance regularization for self-supervised learning", 2022): views agree,
/// each feature varies over the batch, and no two features say the same.
public struct VICReg: TwoViewObjective {
  /// Encoder and projector ("expander").
  public let encoder: ProjectedEncoder
  /// λ, μ and ν.
  public let weights: Weights

  /// How much each of the three parts counts.
  public struct Weights: Sendable, Equatable {
    /// λ
    public var invariance: Float
    /// μ
    public var variance: Float
    /// ν
    public var covariance: Float

    /// The paper's weights.
    public init(invariance: Float = 25, variance: Float = 25, covariance: Float = 1) {
      self.invariance = invariance
      self.variance = variance
      self.covariance = covariance
    }
  }

  /// An objective for an encoder.
  public init(_ encoder: ProjectedEncoder, weights: Weights = Weights()) {
    self.encoder = encoder
    self.weights = weights
  }

  /// The projections of both views.
  public func embed(_ batch: Batch) -> [Tensor] {
    let (first, second) = batch.twoViews
    return [encoder(first), encoder(second)]
  }

  /// Equation 6, as algorithm 1 scales its parts.
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    let (a, b) = (embeddings[0], embeddings[1])
    let invariance = (a - b).squared().mean()
    let variance = (varianceHinge(a) + varianceHinge(b)) * 0.5
    let covariance = covariancePenalty(a) + covariancePenalty(b)
    return Loss(
      invariance * weights.invariance + variance * weights.variance + covariance * weights.covariance,
      parts: [
        ("invariance", invariance.scalar), ("variance", variance.scalar), ("covariance", covariance.scalar),
      ],
      embeddings: [("view1", a.detached.normalizedL2()), ("view2", b.detached.normalizedL2())])
  }
}

/// Equations 1 and 2 of Bardes et al., 2022: the mean over features of max(0, 1 − √(variance + 10⁻⁴)).
public func varianceHinge(_ z: Tensor) -> Tensor {
  let n = Float(z.shape[0])
  let deviation = (z.variance(axis: 0) * (n / max(1, n - 1)) + 1e-4).squareRoot()
  return (1 - deviation).activated(.relu).mean()
}

/// Equations 3 and 4: the sum of the squared covariances of different features, over their number.
public func covariancePenalty(_ z: Tensor) -> Tensor {
  let (n, width) = (z.shape[0], z.shape[1])
  let centred = z - z.mean(axis: 0)
  let covariances = centred.matmul(centred, transposingSelf: true) / Float(max(1, n - 1))
  return (covariances.squared() * (1 - diagonal(1, width))).sum() / Float(width)
}
