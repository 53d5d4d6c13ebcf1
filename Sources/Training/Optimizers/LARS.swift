import Tensors

/// Layer-wise adaptive rate scaling: gradient descent with momentum in which each matrix moves by a share of its own
/// norm (You et al., "Large batch training of convolutional networks", 2017), for the large batches of SimCLR and BYOL.
public struct LARS: OptimizerRule {
  /// The descent that the scaled gradient goes into.
  public var descent: SGD
  /// η: the share of a matrix's norm that a step of rate 1 moves it by.
  public var trust: Float
  /// Whether scaling only ever shortens steps: a matrix moves by its share, but no further than plain descent would move
  /// it ("LARC" of NVIDIA's apex). solo-learn's settings are for this form; their rates bound η ‖p‖ / ‖g‖ instead of
  /// multiplying it.
  public var onlyShortens: Bool

  /// The papers of SimCLR, BYOL and MoCo v3 all use these.
  public init(momentum: Ramp = 0.9, isNesterov: Bool = false, trust: Float = 0.001, onlyShortens: Bool = false) {
    descent = SGD(momentum: momentum, isNesterov: isNesterov)
    self.trust = trust
    self.onlyShortens = onlyShortens
  }

  /// The velocity.
  public var stateNames: [String] { descent.stateNames }

  /// g ← (η ‖p‖ / (‖g‖ + w ‖p‖)) (g + w p), then a step of gradient descent. The rate stays outside of the velocity, as
  /// in the code of BYOL and MoCo v3; the paper's algorithm 1 has it inside, which differs only while the rate changes.
  public func step(
    _ p: UnsafeMutableBufferPointer<Float>, _ gradient: Tensor, _ state: [Tensor], _ settings: StepSettings
  ) {
    var settings = settings
    if settings.adapts {
      let ratio = trustRatio(
        norm(of: p), gradient.sumOfSquares().squareRoot() * Double(settings.gradientScale), settings)
      // The kernel computes s g + w p; ratio · (s g + w p) is that with both factors scaled.
      settings.gradientScale *= ratio
      settings.weightDecay *= ratio
    }
    descent.step(p, gradient, state, settings)
  }

  /// 1 where a norm is 0: a matrix of zeros could not move otherwise.
  private func trustRatio(_ size: Double, _ gradient: Double, _ settings: StepSettings) -> Float {
    guard size > 0, gradient > 0 else { return 1 }
    let ratio = Float(Double(trust) * size / (gradient + Double(settings.weightDecay) * size + 1e-8))
    // At a rate of 0 nothing moves, whatever it is multiplied by.
    return onlyShortens ? min(ratio / max(settings.rate, 1e-30), 1) : ratio
  }
}
