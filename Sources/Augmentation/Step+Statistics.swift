import Images

extension Step {
  /// The parameter of ``Step/normalize(_:)``: a name, or numbers.
  public enum Statistics: Sendable, Hashable {
    /// Statistics that have a name.
    case named(NamedNormalization)
    /// Others, such as those of a model that a run starts from.
    case numbers(Normalization)

    /// By their name, if they have one.
    public init(_ normalization: Normalization) {
      let known = NamedNormalization.allCases.first { $0.normalization == normalization }
      self = known.map { .named($0) } ?? .numbers(normalization)
    }

    /// The numbers.
    public var normalization: Normalization {
      switch self {
      case .named(let name): name.normalization
      case .numbers(let numbers): numbers
      }
    }
  }

  /// Statistics that have a name.
  public enum NamedNormalization: String, Sendable, CaseIterable {
    /// ImageNet's.
    case imagenet
    /// Those of CLIP's data.
    case clip
    /// To [−1, 1].
    case half
    /// CIFAR-10's.
    case cifar
    /// To [0, 1].
    case unit

    /// The numbers.
    public var normalization: Normalization {
      switch self {
      case .imagenet: .imagenet
      case .clip: .clip
      case .half: .half
      case .cifar: .cifar
      case .unit: .unit
      }
    }
  }
}

/// As it is written between the brackets.
extension Step.Statistics: CustomStringConvertible {
  /// The names of the numbers: mean and deviation of each colour.
  static let names = ["red", "green", "blue"].map { (mean: $0, deviation: "\($0)_deviation") }

  /// A name, or all numbers.
  public var description: String {
    switch self {
    case .named(let name): return name.rawValue
    case .numbers(let numbers):
      return Self.names.enumerated().map { i, name in
        "\(name.mean): \(shortest(numbers.mean[i])), \(name.deviation): \(shortest(numbers.deviation[i]))"
      }.joined(separator: ", ")
    }
  }

  /// Reads a name, or numbers for each colour; ImageNet's where there is neither.
  init(_ arguments: inout Arguments) throws(PipelineError) {
    let isNamed = arguments.list.isEmpty || arguments.list.contains { $0.name == nil || $0.name?.text == "statistics" }
    if isNamed {
      let name = try arguments.choice("statistics", of: Step.NamedNormalization.self, leads: true)
      self = .named(name ?? .imagenet)
      return
    }
    var numbers = Normalization.unit
    for (i, name) in Self.names.enumerated() {
      if let mean = try arguments.number(name.mean, in: -100...100) { numbers.mean[i] = Float(mean) }
      if let deviation = try arguments.number(name.deviation, in: 0.001...100) {
        numbers.deviation[i] = Float(deviation)
      }
    }
    self = Step.Statistics(numbers)
  }
}

/// The fewest digits that give the same number when they are read, and no exponent, which a pipeline does not have.
private func shortest(_ value: Float) -> String {
  let digits = "\(value)"
  let isSame = Double(digits).map { Float($0) } == value && !digits.contains("e")
  return isSame ? (value == value.rounded() ? text(Double(value)) : digits) : text(Double(value))
}
