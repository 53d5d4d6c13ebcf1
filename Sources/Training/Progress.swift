import JSON

/// How far a run is. With the tensors of `TrainingState` it is all that a run needs to go on as if nothing had happened:
/// random numbers are functions of (seed, step), so they need no state.
public struct Progress: Sendable, Equatable {
  /// Steps done.
  public var step: Int
  /// Steps that the optimizer took; fewer if some were skipped.
  public var optimizerSteps: Int
  /// Samples drawn from the data so far.
  public var position: Int
  /// Samples that steps were made of.
  public var samples: Int
  /// Seconds of training.
  public var time: Double
  /// Steps skipped so far.
  public var skipped: Int

  /// The mean of the metric that the recipe chooses by, over the steps since the checkpoint that was due before; `nil`
  /// where none was due, as where the run was interrupted.
  public var metric: Double?
  /// The name of that metric: a run that goes on may choose by another one.
  public var metricName = ""
  /// The metric of the steps since the last checkpoint that was due.
  var window = RunningMean()

  /// Whether the monitor saw no sign of sickness: a place to go back to.
  public var isHealthy = true
  /// What the learning rate is multiplied by since the run went back.
  public var rateFactor = 1.0
  /// How often the run went back.
  public var rollBacks = 0
  /// The monitor's memory.
  public var monitor = JSONValue.null

  /// The beginning.
  public init() {
    (step, optimizerSteps, position, samples, time, skipped) = (0, 0, 0, 0, 0, 0)
  }

  var json: JSONValue {
    var object = JSONObject([
      ("step", JSONValue(step)), ("optimizer_steps", JSONValue(optimizerSteps)), ("position", JSONValue(position)),
      ("samples", JSONValue(samples)), ("time", .number(time)), ("skipped", JSONValue(skipped)),
      ("healthy", .bool(isHealthy)), ("rate_factor", .number(rateFactor)), ("roll_backs", JSONValue(rollBacks)),
      ("monitor", monitor),
    ])
    if let metric { object["metric"] = .number(metric) }
    if !metricName.isEmpty { object["metric_name"] = .string(metricName) }
    if window.count > 0 {
      object["window"] = .object(JSONObject([("sum", .number(window.sum)), ("count", JSONValue(window.count))]))
    }
    return .object(object)
  }

  init(_ value: JSONValue, path: String) throws {
    // What a run can reach: so far from overflow that a sum of them is safe.
    func number(_ key: String, most: Int = 1 << 53) throws -> Int {
      guard let number = value[key]?.int else { throw CheckpointError(path, "has no whole number \(key)") }
      guard (0...most).contains(number) else { throw CheckpointError(path, "\(key) \(number) is not in 0...\(most)") }
      return number
    }
    func finite(_ key: String) throws -> Double {
      guard let number = value[key]?.double, number.isFinite else {
        throw CheckpointError(path, "has no number \(key)")
      }
      return number
    }
    step = try number("step", most: 1_000_000_000)
    optimizerSteps = try number("optimizer_steps", most: 1_000_000_000)
    position = try number("position")
    samples = try number("samples")
    skipped = try number("skipped", most: 1_000_000_000)
    time = try finite("time")
    metric = value["metric"]?.double
    metricName = value["metric_name"]?.string ?? ""
    if let kept = value["window"], let sum = kept["sum"]?.double, let count = kept["count"]?.int, count > 0 {
      window = RunningMean(sum: sum, count: count)
    }
    // Checkpoints of before there was a monitor have none of these.
    isHealthy = value["healthy"]?.bool ?? true
    rateFactor = value["rate_factor"] == nil ? 1 : try finite("rate_factor")
    guard (0...1).contains(rateFactor) else { throw CheckpointError(path, "rate_factor \(rateFactor) is not in 0...1") }
    rollBacks = value["roll_backs"] == nil ? 0 : try number("roll_backs", most: 1_000_000_000)
    monitor = value["monitor"] ?? .null
  }
}

/// The mean of numbers that come one after another.
struct RunningMean: Sendable, Equatable {
  var sum = 0.0
  var count = 0

  mutating func add(_ value: Double) {
    sum += value
    count += 1
  }

  /// `nil` before the first number.
  var mean: Double? { count == 0 ? nil : sum / Double(count) }
}
