import JSON
import Objectives
import Tensors

/// Watches a training: measures its embeddings from time to time, and raises alarms.
///
/// ```swift
/// var monitor = CollapseMonitor(settings)
/// monitor.note(step: step, loss: …)                    // at each step; costs nothing
/// if monitor.settings.looks(after: step) {
///   let look = monitor.look(loss, batch, movements)     // numbers for the log, alarms raised or cleared
/// }
/// ```
///
/// What it says depends on the steps alone: a resumed run raises the alarms of an uninterrupted one. Only waiting for
/// data is measured in time.
public struct CollapseMonitor: Sendable {
  /// When it looks.
  public let settings: MonitorSettings
  private var memory: Memory
  private var alarms: [AlarmKind: Hysteresis] = [:]
  private var latest: Reading?

  /// What one look gave.
  public struct Look: Sendable {
    /// What was measured.
    public let reading: Reading
    /// Alarms that were raised or cleared.
    public let changes: [Alarm]
  }

  /// A monitor that has seen nothing.
  public init(_ settings: MonitorSettings = MonitorSettings()) {
    self.settings = settings
    memory = Memory(settings)
  }

  /// Takes in a step.
  ///
  /// - `wait`: the seconds of the step that were spent waiting for data.
  /// - `seconds`: the step's, waiting included.
  /// - `isFinite`: whether the step was taken.
  /// - `rateShare`: the learning rate as a share of its peak.
  public mutating func note(
    step: Int, loss: Double, wait: Double = 0, seconds: Double = 0, isFinite: Bool = true, rateShare: Double = 1
  ) {
    memory.note(step: step, loss: loss, wait: wait, seconds: seconds, isFinite: isFinite, rateShare: rateShare)
  }

  /// Looks at the step that was noted last.
  public mutating func look(
    _ loss: Loss, _ batch: Batch, movements: [Movement] = [], attention: AttentionEntropy? = nil
  ) -> Look {
    var reading = Reading()
    reading.step = memory.step
    reading.loss = Double(loss.total.scalar)
    reading.chance = loss.chance.map(Double.init)
    reading.skipped = memory.skipped
    reading.dataWait = memory.seconds > 0 ? memory.wait / memory.seconds : 0
    reading.relation = loss.relation
    reading.movements = movements
    reading.attention = attention
    let repeated = RepeatedSamples(batch, limit: settings.sample)
    (reading.repeatedPictures, reading.repeatedTexts) = (repeated.pictures, repeated.texts)
    let samples = loss.embeddings.map { EmbeddingSample($0.name, $0.value, limit: settings.sample) }
    reading.towers = samples.map(Reading.Tower.init)
    if samples.count > 1, samples[0].width == samples[1].width, samples[0].isFinite, samples[1].isFinite {
      reading.pairs = PairAgreement(samples[0], samples[1])
      if loss.relation == .views { reading.lidar = lidar(samples[0], samples[1]) }
    }
    for observation in loss.observations() { reading.take(observation) }
    return Look(reading: reading, changes: judge(reading))
  }

  /// Judges a reading and begins the next stretch.
  package mutating func judge(_ reading: Reading) -> [Alarm] {
    memory.take(reading, settings)
    latest = reading
    let changes = AlarmRule.all.compactMap { rule -> Alarm? in
      if rule.waitsForWarmup, reading.step <= settings.warmup { return nil }
      let verdict = rule.judge(reading, memory)
      var alarm = alarms[rule.kind] ?? Hysteresis()
      let since = alarm.since
      let change = alarm.update(verdict, step: reading.step, rule.patience)
      alarms[rule.kind] = alarm
      switch (change, verdict) {
      case (.raised?, .sick(let seen)):
        return Alarm(
          kind: rule.kind, step: reading.step, since: alarm.since ?? reading.step, seen: seen, isCleared: false)
      case (.cleared?, _):
        return Alarm(
          kind: rule.kind, step: reading.step, since: since ?? reading.step, seen: "it is as it should be",
          isCleared: true)
      default: return nil
      }
    }
    memory.beginStretch()
    return changes
  }

  /// The alarms that are on.
  public var raised: [AlarmKind] { AlarmKind.allCases.filter { alarms[$0]?.isRaised ?? false } }

  /// Whether no sickness is on or suspected: a checkpoint of now is one to go back to.
  public var isHealthy: Bool { !AlarmKind.allCases.contains { $0.isSickness && alarms[$0]?.isSuspicious ?? false } }

  /// How the representation does; `nil` before the first look.
  public var health: Health? {
    guard let latest else { return nil }
    func word(_ kind: AlarmKind) -> String {
      guard kind == .dimensionalCollapse || kind == .completeCollapse else { return kind.word }
      let worst = latest.towers.min { $0.rankShare < $1.rankShare }
      guard let worst, let rank = worst.spectrum?.rankMe else { return kind.word }
      return "rank \(Int(rank.rounded()))/\(worst.most) ↓"
    }
    if let kind = raised.first { return Health(word(kind), kind.isSickness ? .bad : .worrying) }
    let suspected = AlarmKind.allCases.first { alarms[$0]?.isSuspicious ?? false }
    return suspected.map { Health(word($0), .worrying) } ?? Health("healthy", .good)
  }

  /// Everything that a resumed run needs to go on as if nothing had happened.
  public var state: JSONValue {
    [
      "memory": memory.json,
      "alarms": .object(
        JSONObject(AlarmKind.allCases.compactMap { kind in alarms[kind].map { (kind.rawValue, $0.json) } })),
    ]
  }

  /// Goes on from a state.
  public mutating func restore(_ state: JSONValue) {
    memory = Memory(settings, state["memory"] ?? .null)
    alarms = [:]
    for kind in AlarmKind.allCases { alarms[kind] = state["alarms"]?[kind.rawValue].map(Hysteresis.init) }
  }
}
