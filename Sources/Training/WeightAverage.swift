import Tensors

/// A slowly moving average of weights, which often evaluates better than the weights themselves.
public final class WeightAverage {
  /// How much of the average stays at each step.
  public let decay: Float
  /// The averages, in the order of the parameters.
  public internal(set) var values: [Tensor]
  private let parameters: [Parameter]

  /// Starts at the current weights.
  public init(_ parameters: [Parameter], decay: Float) {
    self.parameters = parameters
    self.decay = decay
    values = parameters.map { $0.value * 1 }
  }

  /// average ← decay · average + (1 − decay) · weights
  func follow() {
    for (i, parameter) in parameters.enumerated() { values[i] = values[i] * decay + parameter.value * (1 - decay) }
  }

  /// Runs something with the averages in place of the weights.
  func inPlace<Result>(_ body: () throws -> Result) rethrows -> Result {
    let weights = parameters.map(\.value)
    for (parameter, value) in zip(parameters, values) { parameter.value = value }
    defer { for (parameter, value) in zip(parameters, weights) { parameter.value = value } }
    return try body()
  }
}
