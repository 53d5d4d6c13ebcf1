import CollapseMonitoring
import Files
import JSON
import Objectives

/// The collapse monitor of a run: looks at its steps, writes `alarms.jsonl`, and knows what that costs.
struct RunMonitor {
  private(set) var monitor: CollapseMonitor
  private let alarms: JSONLinesFile
  private let isOn: Bool
  private let peakRate: Double
  /// Seconds that looking has taken in this process.
  private(set) var cost = 0.0

  init(_ recipe: Recipe, folder: String, _ progress: Progress) throws {
    var settings = MonitorSettings()
    settings.every = recipe.monitor.every
    settings.sample = recipe.monitor.sample
    settings.warmup = recipe.optimizer.warmup
    settings.total = recipe.steps
    isOn = recipe.monitor.isOn
    peakRate = recipe.optimizer.learningRate
    monitor = CollapseMonitor(settings)
    monitor.restore(progress.monitor)
    alarms = try JSONLinesFile(join(folder, "alarms.jsonl")) { ($0["step"]?.int ?? .max) <= progress.step }
  }

  /// Whether it wants to see a step closely.
  func looks(after step: Int) -> Bool { isOn && monitor.settings.looks(after: step) }

  /// Takes in a step, and looks at it if it is time to, or if its numbers were not finite.
  ///
  /// `pictures`: what tells those of the batch apart. The numbers in a batch itself are of no use for that: they count the
  /// samples of the set, each of which comes once an epoch, though its file may be there twice.
  mutating func take(
    _ report: Trainer.Report, step: Int, wait: Double, seconds: Double, pictures: [Int],
    firstSamples: (Int) throws -> Batch
  ) throws -> CollapseMonitor.Look? {
    guard isOn else { return nil }
    let clock = ContinuousClock()
    let start = clock.now
    defer { cost += (clock.now - start) / .seconds(1) + report.watchingCost }
    monitor.note(
      step: step, loss: Double(report.loss.total.scalar), wait: wait, seconds: seconds,
      isFinite: report.nonFinite.isEmpty, rateShare: peakRate > 0 ? report.rate / peakRate : 0)
    guard looks(after: step) || !report.nonFinite.isEmpty else { return nil }
    // So many tell whether texts repeat themselves; pictures cost nothing to compare.
    var batch = try firstSamples(64)
    batch.pictures = pictures
    let look = monitor.look(report.loss, batch, movements: report.movements, attention: report.attention)
    for alarm in look.changes { try alarms.append(alarm.json) }
    return look
  }

  /// Goes back to the state of a checkpoint. What has led to this stays in the file of alarms.
  mutating func rollBack(to progress: Progress, from step: Int) throws {
    monitor.restore(progress.monitor)
    try alarms.append([
      "step": JSONValue(progress.step), "alarm": "rolled_back", "from": JSONValue(step),
      "rate_factor": .number(progress.rateFactor),
    ])
    try alarms.sync()
  }

  func sync() throws { try alarms.sync() }
}
