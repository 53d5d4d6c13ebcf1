import Tensors

/// Drops whole samples of a residual branch while training: stochastic depth (Huang et al., 2016).
public struct DropPath: Layer {
  /// The share of samples that skip the branch.
  public let rate: Float
  /// Which of the pass's random streams is this layer's.
  public let stream: Int

  /// Stochastic depth of the given rate.
  public init(_ rate: Float, stream: Int) {
    guard rate >= 0, rate < 1 else { fatalError("drop path: rate \(rate) is not in 0..<1") }
    self.rate = rate
    self.stream = stream
  }

  /// Whether it does anything in this pass.
  public var isActive: Bool { Pass.current.isTraining && rate > 0 }

  /// x: `[batch, …]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard isActive else { return x }
    return x.dropPath(rate, Pass.current.generator.split(into: stream))
  }
}
