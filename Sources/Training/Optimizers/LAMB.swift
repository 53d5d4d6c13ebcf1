import CKernels
import Glibc
import Tensors

/// Adam whose step each matrix takes as a share of its own norm (You et al., "Large batch optimization for deep learning:
/// training BERT in 76 minutes", 2020, algorithm 2, with φ the identity).
public struct LAMB: OptimizerRule {
  /// The decay of the first moment.
  public var beta1: Float
  /// The decay of the second moment.
  public var beta2: Float
  /// Added to the root of the second moment.
  public var epsilon: Float

  /// The paper's constants.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-6) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// First and second moment.
  public var stateNames: [String] { ["m", "v"] }

  /// u ← m̂ / (√v̂ + ε) + w p; p ← p − λ (‖p‖ / ‖u‖) u
  public func step(
    _ p: UnsafeMutableBufferPointer<Float>, _ gradient: Tensor, _ state: [Tensor], _ settings: StepSettings
  ) {
    guard let start = p.baseAddress else { return }
    // Adam's step of rate 1 from zero is −m̂ / (√v̂ + ε).
    let change = Tensor.zeros([p.count])
    let direction = change.elementPointer
    let adam = ck_adamw(
      rate: 1, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: 0,
      correction1: 1 - pow(beta1, Float(settings.step)), correction2: 1 - pow(beta2, Float(settings.step)),
      gradient_scale: settings.gradientScale)
    Kernels.best.adamW(
      adam, parameters: direction, gradients: gradient.elementPointer, m: state[0].elementPointer,
      v: state[1].elementPointer, count: p.count)
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
