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
  /// Steps in a row that changed nothing because something was not finite.
  public private(set) var skippedInARow = 0

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
    /// Empty if the step was taken; else what was not finite: `loss`, or parameters whose gradients were not.
    public let nonFinite: [String]
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
  }

  /// One step. A step whose loss or gradients are not finite changes nothing.
  public func step(_ batch: Batch) -> Report {
    let pass = Pass(
      precision: settings.precision, isTraining: true, generator: Generator(settings.seed, Stream.pass, step))
    let rate = schedule.rate(at: step)
    step += 1

    let (loss, gradients) = pass.run { self.gradients(of: batch) }
    let norm = optimizer.norm(of: gradients)
    guard loss.total.isFinite, norm.isFinite else {
      skippedInARow += 1
      let names = (loss.total.isFinite ? [] : ["loss"]) + optimizer.nonFinite(gradients)
      return Report(loss: loss, rate: rate, gradientNorm: norm, nonFinite: names.isEmpty ? ["gradient norm"] : names)
    }
    skippedInARow = 0
    let clip = settings.clipNorm.map { norm > $0 ? $0 / norm : 1 } ?? 1
    optimizer.step(gradients, rate: Float(rate), gradientScale: Float(clip))
    objective.didStep(progress: Double(step) / Double(max(1, schedule.total)))
    average?.follow()
    return Report(loss: loss, rate: rate, gradientNorm: norm, nonFinite: [])
  }

  private func gradients(of batch: Batch) -> (Loss, Gradients) {
    if let part = settings.microBatch, part < batch.count {
      if let objective = objective as? any EmbeddingObjective { return objective.cachedGradients(batch, part: part) }
      return accumulatedGradients(batch, part: part)
    }
    let tape = Tape()
    let loss = tape.record { objective(batch) }
    return (loss, tape.gradients(of: loss.total))
  }

  /// For losses that are means over samples: the mean of the parts' losses, weighted by their sizes.
  private func accumulatedGradients(_ batch: Batch, part size: Int) -> (Loss, Gradients) {
    var total: Float = 0
    var first: Loss?
    var gradients = Gradients()
    for (number, start) in stride(from: 0, to: batch.count, by: size).enumerated() {
      let part = batch.sliced(start..<min(batch.count, start + size))
      var pass = Pass.current
      pass.generator = pass.generator.split(into: number)
      let tape = Tape()
      let loss = pass.run { tape.record { objective(part) } }
      let share = Float(part.count) / Float(batch.count)
      gradients.add(tape.gradients(of: loss.total, seed: Tensor(share)))
      total += loss.total.scalar * share
      if first == nil { first = loss }
    }
    var loss = first ?? Loss(Tensor(0))
    loss.total = Tensor(total)
    return (loss, gradients)
  }
}

/// Which part of a run's random numbers belongs to what.
enum Stream {
  static let weights = 1
  static let data = 2
  static let pass = 3
  static let look = 4
}

/// A slowly moving average of weights, which often evaluates better than the weights themselves.
public final class WeightAverage {
  /// How much of the average stays at each step.
  public let decay: Float
  /// The averages, in the order of the parameters.
  public internal(set) var values: [Tensor]
  private let parameters: [Parameter]

  /// Starts at the current weights.
  public init(_ parameters: [Parameter], decay: Float) {
    self.parameters = parameters
    self.decay = decay
    values = parameters.map { $0.value * 1 }
  }

  /// average ← decay · average + (1 − decay) · weights
  func follow() {
    for (i, parameter) in parameters.enumerated() { values[i] = values[i] * decay + parameter.value * (1 - decay) }
  }
}
