import CollapseMonitoring
import Objectives
import Tensors
import Training

/// Trains a tiny model for a while with the monitor looking on, and tells what it said.
struct Clinic {
  var steps = 200
  var learningRate = 1e-3
  var warmup = 10
  var every = 10
  var weightDecay: Float = 0.05
  var seed: UInt64 = 1

  /// What the monitor said about a run.
  struct Findings {
    var alarms: [Alarm] = []
    var readings: [Reading] = []

    /// The alarms that were raised, in order.
    var raised: [AlarmKind] { alarms.filter { !$0.isCleared }.map(\.kind) }
  }

  func examine(_ objective: any Objective, _ batch: (Int) -> Batch) -> Findings {
    var settings = MonitorSettings()
    (settings.every, settings.warmup, settings.total) = (every, warmup, steps)
    var monitor = CollapseMonitor(settings)
    let optimizer = Optimizer(AdamW(beta2: 0.98), objective.parameters, weightDecay: Ramp(weightDecay))
    let schedule = LearningRateSchedule(peak: learningRate, shape: .constant, warmup: warmup, total: steps)
    let trainer = Trainer(objective, optimizer, schedule, Trainer.Settings(seed: seed, precision: .fp32, clipNorm: 1))
    var findings = Findings()
    for step in 1...steps {
      let batch = batch(step)
      let report = trainer.step(batch, isWatched: settings.looks(after: step))
      monitor.note(step: step, loss: Double(report.loss.total.scalar), isFinite: report.nonFinite.isEmpty)
      guard settings.looks(after: step) || !report.nonFinite.isEmpty else { continue }
      let look = monitor.look(report.loss, batch, movements: report.movements, attention: report.attention)
      findings.alarms += look.changes
      findings.readings.append(look.reading)
    }
    return findings
  }
}

/// Little pictures with captions: a pattern for each of eight first words, another for each of eight second words, and
/// noise over both.
struct Lessons {
  let batchSize: Int
  let seed: UInt64
  private let patterns: [[Float]]
  /// Patches of a picture, and values of a patch.
  static let (patches, values) = (4, 48)

  init(batchSize: Int = 32, seed: UInt64 = 1) {
    self.batchSize = batchSize
    self.seed = seed
    var generator = Generator(seed: 77)
    patterns = (0..<16).map { _ in (0..<Self.patches * Self.values).map { _ in generator.normal() } }
  }

  /// The batch of a step.
  func batch(_ step: Int, views: Int = 1, noise: Float = 0.3) -> Batch {
    var generator = Generator(seed, step)
    // Each of the 64 pictures once before any comes twice.
    let pictures = Array(generator.permutation(64).prefix(batchSize))
    let size = Self.patches * Self.values
    let pixels = (0..<views).map { _ in
      Tensor(
        pictures.flatMap { picture in
          (0..<size).map { patterns[picture / 8][$0] + patterns[8 + picture % 8][$0] + noise * generator.normal() }
        }, [pictures.count, Self.patches, Self.values])
    }
    let ids: [Int32] = pictures.flatMap { [1, Int32(2 + $0 / 8), Int32(10 + $0 % 8), 19] as [Int32] }
    return Batch(views: pixels, ids: Tensor(ids: ids, [pictures.count, 4]), pictures: pictures)
  }
}
