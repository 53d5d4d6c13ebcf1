import CKernels
import Tensors

/// Gradient descent with momentum (Polyak, 1964), Nesterov's if asked for (Sutskever et al., 2013).
public struct SGD: OptimizerRule {
  /// How much of the velocity stays at each step.
  public var momentum: Ramp
  /// Whether the step looks ahead along the velocity.
  public var isNesterov: Bool

  /// MoCo and SimSiam use 0.9.
  public init(momentum: Ramp = 0.9, isNesterov: Bool = false) {
    self.momentum = momentum
    self.isNesterov = isNesterov
  }

  /// The velocity.
  public var stateNames: [String] { ["velocity"] }

  /// g ← g + w p; v ← μ v + g; p ← p − λ v, or with Nesterov p ← p − λ (g + μ v)
  public func step(
    _ p: UnsafeMutableBufferPointer<Float>, _ gradient: Tensor, _ state: [Tensor], _ settings: StepSettings
  ) {
    guard let start = p.baseAddress else { return }
    let constants = ck_sgd(
      rate: settings.rate, momentum: momentum.value(at: settings.progress), weight_decay: settings.weightDecay,
      nesterov: isNesterov ? 1 : 0, gradient_scale: settings.gradientScale)
    Kernels.best.sgd(
      constants, parameters: start, gradients: gradient.elementPointer, velocity: state[0].elementPointer,
      count: p.count)
  }
}
