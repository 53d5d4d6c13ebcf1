import Layers
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
  /// Multiplies the gradient first: clipping.
  public var gradientScale: Float
  /// The number of this step, from 1.
  public var step: Int
}

/// A rule with its state, for the parameters of a model.
public final class Optimizer {
  /// One parameter, and how it differs from the others.
  public struct Entry {
    /// Its path in the model.
    public let name: String
    /// The parameter.
    public let parameter: Parameter
    /// Multiplies the learning rate: parameter groups, layer-wise decay.
    public var rateFactor: Float
    /// Whether weight decay applies.
    public var decays: Bool
    /// The rule's state.
    public fileprivate(set) var state: [Tensor]
  }

  /// The rule.
  public let rule: any OptimizerRule
  /// The weight decay of those parameters that decay.
  public let weightDecay: Float
  /// All trainable parameters.
  public private(set) var entries: [Entry]
  /// Steps done.
  public internal(set) var stepCount = 0

  /// - Parameter adjust: the rate factor of a parameter and whether it decays; by default 1, and matrices decay while
  ///   gains, biases and single vectors do not, as in the papers of CLIP, ViT and MAE.
  public init(
    _ rule: any OptimizerRule, _ parameters: [(name: String, parameter: Parameter)], weightDecay: Float,
    adjust: (_ name: String, _ parameter: Parameter) -> (rateFactor: Float, decays: Bool) = {
      (1, $1.value.rank > 1)
    }
  ) {
    self.rule = rule
    self.weightDecay = weightDecay
    entries = parameters.filter(\.parameter.isTrainable).map { name, parameter in
      let (factor, decays) = adjust(name, parameter)
      let state = rule.stateNames.map { _ in Tensor.zeros(parameter.value.shape) }
      return Entry(name: name, parameter: parameter, rateFactor: factor, decays: decays, state: state)
    }
  }

  /// Moves all parameters that have a gradient.
  public func step(_ gradients: Gradients, rate: Float, gradientScale: Float = 1) {
    stepCount += 1
    for entry in entries {
      guard let gradient = gradients[entry.parameter] else { continue }
      let settings = StepSettings(
        rate: rate * entry.rateFactor, weightDecay: entry.decays ? weightDecay : 0, gradientScale: gradientScale,
        step: stepCount)
      entry.parameter.update { rule.step($0, gradient, entry.state, settings) }
    }
  }

  func replaceState(of entry: Int, _ number: Int, by value: Tensor) { entries[entry].state[number] = value }

  /// The norm of all gradients together.
  public func norm(of gradients: Gradients) -> Double {
    entries.reduce(0) { $0 + (gradients[$1.parameter]?.sumOfSquares() ?? 0) }.squareRoot()
  }

  /// The names of gradients with NaN or infinite numbers.
  public func nonFinite(_ gradients: Gradients) -> [String] {
    entries.filter { gradients[$0.parameter]?.isFinite == false }.map(\.name)
  }
}
