import CKernels
import Tensors

/// Adam whose step each matrix takes as a share of its own norm (You et al., "Large batch optimization for deep learning:
/// training BERT in 76 minutes", 2020, algorithm 2, with φ the identity).
public struct LAMB: OptimizerRule {
  /// The rule whose step is scaled.
  public var adam: AdamW

  /// The paper's constants.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-6) {
    adam = AdamW(beta1: beta1, beta2: beta2, epsilon: epsilon)
  }

  /// First and second moment.
  public var stateNames: [String] { adam.stateNames }

  /// u ← m̂ / (√v̂ + ε) + w p; p ← p − λ (‖p‖ / ‖u‖) u
  public func step(
    _ p: UnsafeMutableBufferPointer<Float>, _ gradient: Tensor, _ state: [Tensor], _ settings: StepSettings
  ) {
    guard let start = p.baseAddress else { return }
    // Adam's step of rate 1 from zero, without decay, is −m̂ / (√v̂ + ε).
    let change = Tensor.zeros([p.count])
    let direction = change.elementPointer
    var alone = settings
    (alone.rate, alone.weightDecay) = (1, 0)
    adam.step(change.floatBuffer, gradient, state, alone)
    if settings.weightDecay != 0 {
      Kernels.best.scaledAdd(
        1, Elements(direction), -settings.weightDecay, Elements(start), MutableElements(direction), count: p.count)
    }
    Kernels.best.scaledAdd(
      1, Elements(start), settings.rate * trustRatio(p, change, settings), Elements(direction), MutableElements(start),
      count: p.count)
  }

  /// 1 where a norm is 0: a matrix of zeros could not move otherwise.
  private func trustRatio(_ p: UnsafeMutableBufferPointer<Float>, _ change: Tensor, _ settings: StepSettings) -> Float {
    guard settings.adapts else { return 1 }
    let (size, step) = (norm(of: p), change.sumOfSquares().squareRoot())
    return size > 0 && step > 0 ? Float(size / step) : 1
  }
}

/// The norm of a parameter's values.
func norm(of p: UnsafeMutableBufferPointer<Float>) -> Double {
  guard let start = p.baseAddress else { return 0 }
  return Kernels.best.sumSquares(Elements(start), count: p.count).squareRoot()
}
