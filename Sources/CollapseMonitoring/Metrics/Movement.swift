import Tensors

/// How large a group's parameters, gradients and updates are; big_vision records the same. An update of about a
/// thousandth of its weights is usual, a tenth is too much.
public struct Movement: Sendable, Equatable {
  /// The group.
  public let group: String
  /// ‖w‖ before the step.
  public let parameters: Double
  /// ‖∂L/∂w‖ before clipping.
  public let gradients: Double
  /// ‖Δw‖ of the step.
  public let updates: Double

  /// ‖Δw‖ / ‖w‖
  public var ratio: Double { parameters > 0 ? updates / parameters : 0 }

  package init(group: String, parameters: Double, gradients: Double, updates: Double) {
    self.group = group
    self.parameters = parameters
    self.gradients = gradients
    self.updates = updates
  }
}

extension [Movement] {
  /// All groups as one.
  public var total: Movement {
    func norm(_ value: (Movement) -> Double) -> Double { reduce(0) { $0 + value($1) * value($1) }.squareRoot() }
    return Movement(
      group: "all", parameters: norm(\.parameters), gradients: norm(\.gradients), updates: norm(\.updates))
  }
}

/// Takes norms around a step.
public struct MovementGauge {
  private struct Entry {
    let group: String
    let parameter: Parameter
    let before: Tensor
    let gradient: Double
  }
  private let entries: [Entry]

  /// Before the step. What the parameters are now stays alive until ``movements()``; training copies them on its first
  /// write.
  public init(_ parameters: [(name: String, parameter: Parameter)], _ gradients: Gradients) {
    entries = parameters.filter(\.parameter.isTrainable).map { name, parameter in
      Entry(
        group: Self.group(of: name), parameter: parameter, before: parameter.value,
        gradient: gradients[parameter]?.sumOfSquares() ?? 0)
    }
  }

  /// After the step, in the order in which groups appear.
  public func movements() -> [Movement] {
    var order: [String] = []
    var sums: [String: (parameters: Double, gradients: Double, updates: Double)] = [:]
    for entry in entries {
      if sums[entry.group] == nil { order.append(entry.group) }
      let moved = entry.parameter.value - entry.before
      var sum = sums[entry.group] ?? (0, 0, 0)
      sum.parameters += entry.before.sumOfSquares()
      sum.gradients += entry.gradient
      sum.updates += moved.sumOfSquares()
      sums[entry.group] = sum
    }
    return order.compactMap { group in
      sums[group].map {
        Movement(
          group: group, parameters: $0.parameters.squareRoot(), gradients: $0.gradients.squareRoot(),
          updates: $0.updates.squareRoot())
      }
    }
  }

  /// `model.vision.blocks.3.attention.qkv.weight` belongs to `model.vision`: towers and heads, not single layers.
  static func group(of name: String) -> String { name.split(separator: ".").prefix(2).joined(separator: ".") }
}
