import JSON

/// What a rule says about one reading.
public enum Verdict: Sendable, Equatable {
  /// Something is wrong, and this is what was seen.
  case sick(String)
  /// Nothing is wrong.
  case healthy
  /// Between both, or nothing to judge by: things stay as they are.
  case undecided
}

/// An alarm's memory: it is raised by a streak of sick readings and cleared by a streak of healthy ones, so that a value
/// which hovers about a threshold does not ring at each look.
public struct Hysteresis: Sendable, Equatable {
  /// Whether the alarm is on.
  public private(set) var isRaised = false
  /// The step of the first reading of the present streak of sick ones, or of that which raised the alarm.
  public private(set) var since: Int?
  private var sick = 0
  private var healthy = 0

  /// What a reading has changed.
  public enum Change: Sendable, Equatable {
    /// The alarm is new.
    case raised
    /// The alarm is over.
    case cleared
  }

  /// How long a streak has to be.
  public struct Patience: Sendable, Equatable {
    /// Sick readings that raise the alarm.
    public var readings: Int
    /// Steps that these must span.
    public var steps: Int
    /// Healthy readings that clear it.
    public var recovery: Int

    /// How long a streak has to be.
    public init(readings: Int, steps: Int = 0, recovery: Int = 3) {
      self.readings = readings
      self.steps = steps
      self.recovery = recovery
    }
  }

  /// Quiet.
  public init() {}

  /// Takes in a verdict.
  public mutating func update(_ verdict: Verdict, step: Int, _ patience: Patience) -> Change? {
    switch verdict {
    case .undecided: return nil
    case .sick:
      healthy = 0
      sick += 1
      let start = since ?? step
      since = start
      guard !isRaised, sick >= patience.readings, step - start >= patience.steps else { return nil }
      isRaised = true
      return .raised
    case .healthy:
      sick = 0
      healthy += 1
      guard isRaised else {
        since = nil
        return nil
      }
      guard healthy >= patience.recovery else { return nil }
      isRaised = false
      since = nil
      return .cleared
    }
  }

  /// Whether a streak of sick readings has begun.
  public var isSuspicious: Bool { since != nil }

  var json: JSONValue {
    [
      "raised": .bool(isRaised), "since": since.map { JSONValue($0) } ?? .null, "sick": JSONValue(sick),
      "healthy": JSONValue(healthy),
    ]
  }

  init(_ value: JSONValue) {
    isRaised = value["raised"]?.bool ?? false
    since = value["since"]?.int
    sick = value["sick"]?.int ?? 0
    healthy = value["healthy"]?.int ?? 0
  }
}
