import Layers
import Tensors

/// A rule with its state, for the parameters of a model.
public final class Optimizer {
  /// One parameter, and how it differs from the others.
  public struct Entry {
    /// Its path in the model.
    public let name: String
    /// The parameter.
    public let parameter: Parameter
    /// How it is treated.
    public let treatment: Treatment
    /// The rule's state.
    public fileprivate(set) var state: [Tensor]
  }

  /// The rule.
  public let rule: any OptimizerRule
  /// The weight decay of those parameters that have none of their own.
  public let weightDecay: Ramp
  /// All trainable parameters.
  public private(set) var entries: [Entry]
  /// Steps done.
  public internal(set) var stepCount = 0

  /// `treatment`: how a parameter is treated; by default as in the papers, see ``Treatment/init(_:)``.
  public init(
    _ rule: any OptimizerRule, _ parameters: [(name: String, parameter: Parameter)], weightDecay: Ramp,
    treatment: (_ name: String, _ parameter: Parameter) -> Treatment = { Treatment($1) }
  ) {
    self.rule = rule
    self.weightDecay = weightDecay
    entries = parameters.filter(\.parameter.isTrainable).map { name, parameter in
      let state = rule.stateNames.map { _ in Tensor.zeros(parameter.value.shape) }
      return Entry(name: name, parameter: parameter, treatment: treatment(name, parameter), state: state)
    }
  }

  /// Moves all parameters that have a gradient.
  public func step(_ gradients: Gradients, rate: Float, gradientScale: Float = 1, progress: Double = 0) {
    stepCount += 1
    let decay = weightDecay.value(at: progress)
    for entry in entries {
      guard let gradient = gradients[entry.parameter] else { continue }
      let settings = StepSettings(
        rate: rate * entry.treatment.rateFactor, weightDecay: entry.treatment.weightDecay ?? decay,
        adapts: entry.treatment.adapts, gradientScale: gradientScale, step: stepCount, progress: progress)
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

/// How the optimizer treats a parameter.
public struct Treatment: Sendable, Equatable {
  /// Multiplies the learning rate: parameter groups, layer-wise decay.
  public var rateFactor: Float
  /// Its own weight decay; `nil`: the optimizer's.
  public var weightDecay: Float?
  /// Whether LARS and LAMB scale its step by its norm.
  public var adapts: Bool

  /// A treatment.
  public init(rateFactor: Float = 1, weightDecay: Float? = nil, adapts: Bool = true) {
    self.rateFactor = rateFactor
    self.weightDecay = weightDecay
    self.adapts = adapts
  }

  /// What the papers of CLIP, ViT, MAE, SimCLR and BYOL do: matrices decay and adapt, while gains, biases and single
  /// vectors do neither.
  public init(_ parameter: Parameter) {
    self = parameter.value.rank > 1 ? Treatment() : Treatment(weightDecay: 0, adapts: false)
  }
}
