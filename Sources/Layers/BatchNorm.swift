import Tensors

/// Normalises each channel over the batch (Ioffe and Szegedy, 2015).
public struct BatchNorm: Layer {
  /// The gain, `[channels]`; absent in the parameter-free form that linear probes put before the classifier.
  public let weight: Parameter?
  /// The shift, `[channels]`.
  public let bias: Parameter?
  /// Running mean for evaluation.
  public let runningMean: Buffer
  /// Running variance (unbiased, as PyTorch keeps it) for evaluation.
  public let runningVariance: Buffer
  /// The weight of the newest batch in the running statistics.
  public let momentum: Float
  /// Added to the variance.
  public let epsilon: Float

  /// Starts as plain normalisation.
  public init(_ channels: Int, affine: Bool = true, momentum: Float = 0.1, epsilon: Float = 1e-5) {
    weight = affine ? Parameter(Tensor(repeating: 1, [channels])) : nil
    bias = affine ? Parameter(.zeros([channels])) : nil
    runningMean = Buffer(.zeros([channels]))
    runningVariance = Buffer(Tensor(repeating: 1, [channels]))
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// x: `[…, channels]`
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, adding: nil) }

  /// The same with what ends a residual block, in one pass over memory.
  ///
  /// - `residual`: added after normalisation, before the rectifier.
  /// - `relu`: whether to end with max(0, ·).
  public func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil, relu: Bool = false) -> Tensor {
    guard Pass.current.isTraining else {
      return x.normalized(
        mean: runningMean.value, variance: runningVariance.value, weight?.tensor, bias?.tensor, epsilon: epsilon,
        adding: residual, relu: relu)
    }
    let (y, mean, variance) = x.batchNorm(
      weight?.tensor, bias?.tensor, epsilon: epsilon, adding: residual, relu: relu)
    if !Pass.current.isRecomputing {
      let n = Float(x.count / max(1, mean.count))
      runningMean.value = runningMean.value * (1 - momentum) + mean * momentum
      runningVariance.value = runningVariance.value * (1 - momentum) + variance * (momentum * n / max(1, n - 1))
    }
    return y
  }
}
