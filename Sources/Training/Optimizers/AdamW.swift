import CKernels
import Glibc
import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), in one pass over memory.
public struct AdamW: OptimizerRule {
  /// The decay of the first moment.
  public var beta1: Float
  /// The decay of the second moment.
  public var beta2: Float
  /// Added to the root of the second moment.
  public var epsilon: Float

  /// The paper's constants; CLIP uses 0.9, 0.98 and 1e-6 with ViTs, MAE 0.9 and 0.95.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// First and second moment.
  public var stateNames: [String] { ["m", "v"] }

  /// m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; p ← p − λ w p − λ m̂ / (√v̂ + ε)
  public func step(
    _ p: UnsafeMutableBufferPointer<Float>, _ gradient: Tensor, _ state: [Tensor], _ settings: StepSettings
  ) {
    guard let start = p.baseAddress else { return }
    let constants = ck_adamw(
      rate: settings.rate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: settings.weightDecay,
      correction1: 1 - pow(beta1, Float(settings.step)), correction2: 1 - pow(beta2, Float(settings.step)),
      gradient_scale: settings.gradientScale)
    Kernels.best.adamW(
      constants, parameters: start, gradients: gradient.elementPointer, m: state[0].elementPointer,
      v: state[1].elementPointer, count: p.count)
  }
}
