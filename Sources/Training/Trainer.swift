import CollapseMonitoring
import Layers
import Objectives
import Tensors

/// What training does to a model, step by step.
public final class Trainer {
  /// What is learnt.
  public let objective: any Objective
  /// How parameters move.
  public let optimizer: Optimizer
  /// The learning rate.
  public let schedule: LearningRateSchedule
  /// The settings that stay the same for a whole run.
  public let settings: Settings
  /// A slowly moving average of the weights, where the recipe asks for one.
  public let average: WeightAverage?
  /// Steps done, skipped ones included.
  public internal(set) var step = 0
  /// What the schedule's learning rate is multiplied by: a run that was rolled back goes on more carefully.
  public internal(set) var rateFactor = 1.0
  /// Steps in a row that changed nothing because something was not finite.
  public private(set) var skippedInARow = 0

  private let buffers: [Buffer]

  /// What holds for every step.
  public struct Settings: Sendable {
    /// Decides all random numbers of the run.
    public var seed: UInt64
    /// The arithmetic.
    public var precision: Precision
    /// The most that the norm of all gradients may be; more is scaled down. `nil`: no limit.
    public var clipNorm: Double?
    /// Samples that go through the model at once; `nil`: the whole batch. Contrastive losses still see the whole batch.
    public var microBatch: Int?

    /// Settings.
    public init(seed: UInt64, precision: Precision, clipNorm: Double? = nil, microBatch: Int? = nil) {
      self.seed = seed
      self.precision = precision
      self.clipNorm = clipNorm
      self.microBatch = microBatch
    }
  }

  /// What came of a step.
  public struct Report {
    /// The loss and its parts.
    public let loss: Loss
    /// The learning rate.
    public let rate: Double
    /// The norm of all gradients before clipping.
    public let gradientNorm: Double
    /// Empty if the step was taken; else the tensors that were not finite, in the order in which a step meets them.
    public let nonFinite: [String]
    /// Norms of parameters, gradients and updates, if the step was watched and taken.
    public var movements: [Movement] = []
    /// How widely attention looked, if the step was watched.
    public var attention: AttentionEntropy?
    /// Seconds that watching took.
    public var watchingCost = 0.0
  }

  /// A trainer at its first step.
  public init(
    _ objective: any Objective, _ optimizer: Optimizer, _ schedule: LearningRateSchedule, _ settings: Settings,
    average: WeightAverage? = nil
  ) {
    self.objective = objective
    self.optimizer = optimizer
    self.schedule = schedule
    self.settings = settings
    self.average = average
    buffers = objective.buffers.map(\.buffer)
  }

  /// One step. A step whose loss or gradients are not finite changes nothing.
  ///
  /// `isWatched`: whether the report tells what the collapse monitor wants to know; the step is the same.
  public func step(_ batch: Batch, isWatched: Bool = false) -> Report {
    step(of: batch.count, isWatched: isWatched) { batch.sliced($0) }
  }

  /// One step on a batch of so many samples, of which `batch` puts some together: a micro-batch at a time.
  public func step(
    of count: Int, isWatched: Bool = false, _ batch: (Range<Int>) throws -> Batch
  ) rethrows -> Report {
    var pass = Pass(
      precision: settings.precision, isTraining: true, generator: Generator(settings.seed, Stream.pass, step))
    let probe = isWatched ? StepProbe() : nil
    pass.onAttention = probe?.listen
    let rate = schedule.rate(at: step) * rateFactor
    let done = Double(step) / Double(max(1, schedule.total))
    step += 1

    // Running statistics move in the forward pass.
    let statistics = buffers.map(\.value)
    let (loss, gradients) = try pass.run { try self.gradients(of: count, batch) }
    let norm = optimizer.norm(of: gradients)
    guard loss.total.isFinite, norm.isFinite else {
      for (buffer, value) in zip(buffers, statistics) { buffer.value = value }
      skippedInARow += 1
      return Report(
        loss: loss, rate: rate, gradientNorm: norm, nonFinite: try nonFinite(of: count, batch, loss, gradients))
    }
    skippedInARow = 0
    probe?.willStep(optimizer.entries.map { ($0.name, $0.parameter) }, gradients)
    let clip = settings.clipNorm.map { norm > $0 ? $0 / norm : 1 } ?? 1
    optimizer.step(gradients, rate: Float(rate), gradientScale: Float(clip), progress: done)
    let movements = probe?.didStep() ?? []
    objective.didStep(progress: Double(step) / Double(max(1, schedule.total)))
    average?.follow()
    return Report(
      loss: loss, rate: rate, gradientNorm: norm, nonFinite: [], movements: movements,
      attention: probe?.attention.entropy, watchingCost: probe?.cost ?? 0)
  }

  private func gradients(of count: Int, _ batch: (Range<Int>) throws -> Batch) rethrows -> (Loss, Gradients) {
    if let part = settings.microBatch, part < count {
      if let objective = objective as? any EmbeddingObjective {
        return try objective.cachedGradients(of: count, part: part, batch)
      }
      return try accumulatedGradients(of: count, part: part, batch)
    }
    let (tape, whole) = (Tape(), try batch(0..<count))
    let loss = tape.record { objective(whole) }
    return (loss, tape.gradients(of: loss.total))
  }

  /// For losses that are means over samples: the mean of the micro-batches' losses and of what these consist of, weighted
  /// by their sizes. What the monitor sees is that of the first.
  private func accumulatedGradients(
    of count: Int, part size: Int, _ batch: (Range<Int>) throws -> Batch
  ) rethrows -> (Loss, Gradients) {
    var total = 0.0
    var first: Loss?
    var gradients = Gradients()
    for (number, range) in (0..<count).parts(of: size).enumerated() {
      var pass = Pass.current
      pass.generator = pass.generator.split(into: number)
      let (tape, part) = (Tape(), try batch(range))
      var loss = pass.run { tape.record { objective(part) } }
      let share = Float(range.count) / Float(count)
      gradients.add(tape.gradients(of: loss.total, seed: Tensor(share)))
      total += Double(loss.total.scalar * share)
      for i in loss.parts.indices { loss.parts[i].value *= share }
      if var sum = first {
        for i in sum.parts.indices { sum.parts[i].value += loss.parts[i].value }
        first = sum
      } else {
        first = loss
      }
    }
    var loss = first ?? Loss(Tensor(0))
    loss.total = Tensor(Float(total))
    return (loss, gradients)
  }

  /// What of a step is not finite, first what came first: data, weights, embeddings, loss, gradients.
  private func nonFinite(
    of count: Int, _ batch: (Range<Int>) throws -> Batch, _ loss: Loss, _ gradients: Gradients
  ) rethrows -> [String] {
    var names: [String] = []
    for range in (0..<count).parts(of: settings.microBatch ?? max(1, count)) where names.isEmpty {
      for (i, view) in try batch(range).views.enumerated() where !view.isFinite {
        names.append(i == 0 ? "the pictures" : "the pictures of view \(i)")
      }
    }
    names += objective.parameters.filter { !$0.parameter.value.isFinite }.map(\.name)
    names += loss.embeddings.filter { !$0.value.isFinite }.map { "the \($0.name) embeddings" }
    if !loss.total.isFinite { names.append("the loss") }
    names += optimizer.nonFinite(gradients).map { "the gradient of \($0)" }
    return names.isEmpty ? ["the norm of the gradients"] : names
  }
}

/// Which part of a run's random numbers belongs to what.
enum Stream {
  static let weights = 1
  static let data = 2
  static let pass = 3
  static let look = 4
}
