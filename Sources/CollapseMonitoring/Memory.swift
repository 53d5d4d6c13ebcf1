import JSON

extension CollapseMonitor {
  /// What readings are compared with: how the run began, and what happened since the last look.
  struct Memory: Sendable, Equatable {
    /// The newest step.
    private(set) var step = 0
    /// The first finite loss.
    private(set) var firstLoss: Double?
    /// The norm of all weights at the first look.
    private(set) var firstNorm: Double?
    /// The step at which the mean loss of a stretch was last the lowest so far, by half a per cent at least.
    private(set) var bestStep: Int?
    private var best: Double?
    /// Whether the learning rate is high enough for the loss to fall.
    private(set) var isLearning = false
    /// After so many steps without progress it is a plateau.
    let plateauLength: Int

    // Since the last look.
    private(set) var skipped = 0
    private(set) var wait = 0.0
    private(set) var seconds = 0.0
    private var lossSum = 0.0
    private var lossCount = 0

    init(_ settings: MonitorSettings) { plateauLength = max(1000, settings.total / 4) }

    mutating func note(step: Int, loss: Double, wait: Double, seconds: Double, isFinite: Bool, rateShare: Double) {
      self.step = step
      self.wait += wait
      self.seconds += seconds
      isLearning = rateShare > 0.1
      if !isFinite { skipped += 1 }
      guard loss.isFinite else { return }
      if firstLoss == nil { firstLoss = loss }
      lossSum += loss
      lossCount += 1
    }

    mutating func take(_ reading: Reading, _ settings: MonitorSettings) {
      if firstNorm == nil, !reading.movements.isEmpty { firstNorm = reading.movements.total.parameters }
      guard lossCount > 0 else { return }
      let mean = lossSum / Double(lossCount)
      // Losses may be negative: a fall is measured by the size of what there is.
      if let best, mean > best - 0.005 * abs(best) { return }
      best = mean
      bestStep = reading.step
    }

    mutating func beginStretch() { (skipped, wait, seconds, lossSum, lossCount) = (0, 0, 0, 0, 0) }

    var json: JSONValue {
      func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
      return [
        "step": JSONValue(step), "first_loss": number(firstLoss), "first_norm": number(firstNorm),
        "best_step": bestStep.map { JSONValue($0) } ?? .null, "best": number(best), "learning": .bool(isLearning),
        "skipped": JSONValue(skipped), "wait": .number(wait), "seconds": .number(seconds),
        "loss_sum": .number(lossSum), "loss_count": JSONValue(lossCount),
      ]
    }

    init(_ settings: MonitorSettings, _ value: JSONValue) {
      self.init(settings)
      step = value["step"]?.int ?? 0
      firstLoss = value["first_loss"]?.double
      firstNorm = value["first_norm"]?.double
      bestStep = value["best_step"]?.int
      best = value["best"]?.double
      isLearning = value["learning"]?.bool ?? false
      skipped = value["skipped"]?.int ?? 0
      wait = value["wait"]?.double ?? 0
      seconds = value["seconds"]?.double ?? 0
      lossSum = value["loss_sum"]?.double ?? 0
      lossCount = value["loss_count"]?.int ?? 0
    }
  }
}
