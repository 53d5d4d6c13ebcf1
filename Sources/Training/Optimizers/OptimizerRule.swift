import Tensors

/// How one parameter moves along its gradient.
public protocol OptimizerRule: Sendable {
  /// What is remembered for each parameter between steps, such as moments, each of the parameter's shape.
  var stateNames: [String] { get }

  /// Changes a parameter and its state in place.
  func step(_ p: UnsafeMutableBufferPointer<Float>, _ gradient: Tensor, _ state: [Tensor], _ settings: StepSettings)
}

/// What a step of one parameter depends on besides its gradient.
public struct StepSettings: Sendable {
  /// The learning rate, with the parameter's own factor.
  public var rate: Float
  /// The weight decay; 0 for those that the papers exclude.
  public var weightDecay: Float
  /// Whether rules with a trust ratio use it: LARS and LAMB leave gains and biases alone.
  public var adapts: Bool
  /// Multiplies the gradient first: clipping.
  public var gradientScale: Float
  /// The number of this step, from 1.
  public var step: Int
  /// The share of the training that is done, from 0 to 1.
  public var progress: Double
}
