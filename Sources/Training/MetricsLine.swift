import JSON

/// One line of `metrics.jsonl`: what is known after a step.
///
/// | key | meaning |
/// |---|---|
/// | `step` | how many steps were done, this one included |
/// | `epoch` | how often the data were seen, with its fraction |
/// | `samples` | how many samples were seen since the run began |
/// | `loss` | the objective; `null` where it was not finite |
/// | `parts` | its named parts |
/// | `lr` | the learning rate of the step |
/// | `grad_norm` | the norm of all gradients before clipping |
/// | `samples_per_s` | speed of the step |
/// | `data_wait` | the share of the step's time that was spent waiting for data, 0 to 1 |
/// | `health` | what the monitor measured, by name (`image.rank`, `gap`); only at steps where it looked |
/// | `skipped` | `true` if the step changed nothing, its loss or gradient not being finite; absent otherwise |
/// | `non_finite` | the first tensors of a skipped step that were not finite |
/// | `time` | seconds of training so far, pauses between resumed parts left out |
public struct MetricsLine: Sendable, Equatable {
  /// How many steps were done, this one included.
  public var step: Int
  /// How often the data were seen.
  public var epoch: Double
  /// How many samples were seen.
  public var samples: Int
  /// The objective.
  public var loss: Double
  /// The objective's parts, in order.
  public var parts: [Named]
  /// The learning rate.
  public var learningRate: Double
  /// The norm of all gradients before clipping.
  public var gradientNorm: Double
  /// Speed of the step.
  public var samplesPerSecond: Double
  /// The share of the step's time that was spent waiting for data.
  public var dataWait: Double
  /// What the monitor measured, in order.
  public var health: [Named]
  /// The tensors that were not finite, for which the step was skipped.
  public var nonFinite: [String]
  /// Seconds of training so far.
  public var time: Double

  /// Whether the step changed nothing.
  public var isSkipped: Bool { !nonFinite.isEmpty }

  /// A number with a name.
  public struct Named: Sendable, Equatable {
    /// The name.
    public let name: String
    /// The number.
    public let value: Double

    /// A number with a name.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// What is known after a step.
  public init(
    step: Int, epoch: Double, samples: Int, loss: Double, parts: [Named] = [], learningRate: Double,
    gradientNorm: Double, samplesPerSecond: Double, dataWait: Double, health: [Named] = [], nonFinite: [String] = [],
    time: Double
  ) {
    self.step = step
    self.epoch = epoch
    self.samples = samples
    self.loss = loss
    self.parts = parts
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.samplesPerSecond = samplesPerSecond
    self.dataWait = dataWait
    self.health = health
    self.nonFinite = nonFinite
    self.time = time
  }

  /// The line. Speeds and times are rounded to what can be measured; numbers that are not finite become `null`.
  public var json: JSONValue {
    var object = JSONObject()
    object["step"] = JSONValue(step)
    object["epoch"] = .number((epoch * 1e6).rounded() / 1e6)
    object["samples"] = JSONValue(samples)
    object["loss"] = JSONValue(Float(loss))
    if !parts.isEmpty { object["parts"] = Self.json(parts) }
    object["lr"] = JSONValue(Float(learningRate))
    object["grad_norm"] = JSONValue(Float(gradientNorm))
    object["samples_per_s"] = .number((samplesPerSecond * 100).rounded() / 100)
    object["data_wait"] = .number((dataWait * 1e4).rounded() / 1e4)
    if !health.isEmpty { object["health"] = Self.json(health) }
    if isSkipped {
      object["skipped"] = true
      object["non_finite"] = .array(nonFinite.prefix(3).map { .string($0) })
    }
    object["time"] = .number((time * 1000).rounded() / 1000)
    return .object(object)
  }

  private static func json(_ values: [Named]) -> JSONValue {
    .object(JSONObject(values.map { ($0.name, JSONValue(Float($0.value))) }))
  }
}
