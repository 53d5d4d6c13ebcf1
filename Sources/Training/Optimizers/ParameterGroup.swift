import Files
import JSON
import Tensors

/// Parameters that a recipe treats in another way than the rest.
///
/// Where several groups match a parameter, later ones win: the last blocks of a frozen tower are set free by a second
/// group.
public struct ParameterGroup: Sendable, Equatable {
  /// Which parameters.
  public var pattern: ParameterPattern
  /// Multiplies the learning rate.
  public var rateFactor: Float?
  /// The weight decay.
  public var weightDecay: Float?
  /// Whether training leaves them as they are.
  public var isFrozen: Bool?

  /// A group.
  public init(
    _ pattern: ParameterPattern, rateFactor: Float? = nil, weightDecay: Float? = nil, isFrozen: Bool? = nil
  ) {
    self.pattern = pattern
    self.rateFactor = rateFactor
    self.weightDecay = weightDecay
    self.isFrozen = isFrozen
  }
}

/// Groups and layer-wise decay: how each parameter of a model is treated.
public struct ParameterGroups: Sendable, Equatable {
  /// The groups, in the order of the recipe.
  public var groups: [ParameterGroup]
  /// The factor on the learning rate from each layer to the one below it; 1: all layers learn alike.
  public var layerDecay: Float

  /// Groups.
  public init(_ groups: [ParameterGroup] = [], layerDecay: Float = 1) {
    self.groups = groups
    self.layerDecay = layerDecay
  }

  /// Freezes what the groups freeze. A group that matches nothing is an error: its author meant something.
  public func freeze(_ parameters: [(name: String, parameter: Parameter)]) throws {
    for group in groups where !parameters.contains(where: { group.pattern.matches($0.name) }) {
      throw UnmatchedGroup(pattern: group.pattern.text, names: parameters.map(\.name))
    }
    for (name, parameter) in parameters {
      if let isFrozen = groups.last(where: { $0.isFrozen != nil && $0.pattern.matches(name) })?.isFrozen {
        parameter.isTrainable = !isFrozen
      }
    }
  }

  /// How the parameters of a model are treated, by name.
  public func treatments(_ parameters: [(name: String, parameter: Parameter)]) -> [String: Treatment] {
    let depths = LayerDepths(parameters.map(\.name))
    var treatments: [String: Treatment] = [:]
    for (name, parameter) in parameters {
      var treatment = Treatment(parameter)
      for group in groups where group.pattern.matches(name) {
        treatment.rateFactor = group.rateFactor ?? treatment.rateFactor
        treatment.weightDecay = group.weightDecay ?? treatment.weightDecay
      }
      treatment.rateFactor *= depths.rateFactor(of: name, decay: layerDecay)
      treatments[name] = treatment
    }
    return treatments
  }
}

/// Names parameters by a stretch of their path: `vision` is all of the picture tower, `vision.blocks.blocks.0...5` its
/// first six blocks, `*.bias` all biases. `*` stands for any one part, `a...b` for the numbers from a to b.
public struct ParameterPattern: Sendable, Equatable {
  /// As it is written.
  public let text: String
  private let parts: [Part]

  private enum Part: Equatable {
    case any
    case numbers(ClosedRange<Int>)
    case name(Substring)

    func matches(_ part: Substring) -> Bool {
      switch self {
      case .any: true
      case .numbers(let range): Int(part).map(range.contains) ?? false
      case .name(let name): name == part
      }
    }
  }

  /// A pattern; `nil` where it has an empty part.
  public init?(_ text: String) {
    self.text = text
    // The dots of a range are not those between parts.
    let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
    var parts: [Part] = []
    var i = 0
    while i < pieces.count {
      if i + 3 < pieces.count, pieces[i + 1].isEmpty, pieces[i + 2].isEmpty, let low = Int(pieces[i]),
        let high = Int(pieces[i + 3]), low <= high
      {
        parts.append(.numbers(low...high))
        i += 4
      } else {
        guard !pieces[i].isEmpty else { return nil }
        parts.append(pieces[i] == "*" ? .any : .name(pieces[i]))
        i += 1
      }
    }
    guard !parts.isEmpty else { return nil }
    self.parts = parts
  }

  /// Whether the parts stand one after another anywhere in a parameter's name.
  public func matches(_ name: String) -> Bool {
    let path = name.split(separator: ".")
    guard path.count >= parts.count else { return false }
    return (0...path.count - parts.count).contains { start in
      zip(parts, path[start...]).allSatisfy { $0.matches($1) }
    }
  }
}

/// A group of a recipe that no parameter belongs to.
public struct UnmatchedGroup: UserError, Equatable {
  /// What it asks for.
  public let pattern: String
  /// The parameters that there are.
  public let names: [String]

  /// The line for people.
  public var description: String {
    let parts = Set(names.flatMap { $0.split(separator: ".").map(String.init) }).sorted()
    let first = pattern.split(separator: ".").map(String.init).first { !parts.contains($0) } ?? pattern
    let hint = suggestion(for: first, among: parts).map { "; did you mean \($0)?" } ?? ""
    return "optimizer.groups: no parameter of this model matches \(pattern); they are named like "
      + (names.first ?? "nothing") + hint
  }
}
