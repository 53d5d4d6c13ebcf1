import CollapseMonitoring

/// When the run is looked at, and what an alarm does.
public struct MonitorRecipe: RecipeSection {
  /// Whether it is looked at.
  public var isOn = true
  /// Steps between two looks.
  public var every = 20
  /// The most embeddings of each tower that a look takes in.
  public var sample = 256
  /// How many snapshots of held-out samples are taken over the run.
  public var snapshots = 5
  /// What happens when the representation is sick.
  public var onAlarm = OnAlarm.report
  /// Going back, the learning rate is multiplied by this.
  public var rateFactor = 0.5
  /// How often a run may go back before it stops.
  public var rollBacks = 3

  /// What happens when the representation is sick. Alarms that only cost time are reported in any case.
  public enum OnAlarm: String, RecipeValue, CaseIterable, Sendable {
    /// A line on the terminal, in `alarms.jsonl` and in the report.
    case report
    /// The run is saved and stops.
    case stop
    /// It goes back to the last checkpoint without a sign of sickness, and on from there with a lower learning rate.
    case rollBack = "roll_back"
  }

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("on", &isOn)
    try coder.value("every", &every, in: 1...1_000_000)
    try coder.value("sample", &sample, in: 2...4096)
    try coder.value("snapshots", &snapshots, in: 0...1000)
    try coder.value("on_alarm", &onAlarm)
    try coder.value("rate_factor", &rateFactor, in: 0.001...1)
    try coder.value("roll_backs", &rollBacks, in: 0...1000)
    if coder.isReading, onAlarm != .report, !isOn {
      throw coder.error("on_alarm", "without the monitor there are no alarms: leave it out, or let `on` be true")
    }
  }
}
