import Files
import JSON
import Layers
import Objectives
import Safetensors
import Tensors

/// Everything that a run needs to go on as if nothing had happened: weights, buffers, moments, averages, the data
/// position. Random numbers are functions of (seed, step), so they need no state.
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

  /// The beginning.
  public init() {
    (step, optimizerSteps, position, samples, time, skipped) = (0, 0, 0, 0, 0, 0)
  }

  var json: JSONValue {
    [
      "step": JSONValue(step), "optimizer_steps": JSONValue(optimizerSteps), "position": JSONValue(position),
      "samples": JSONValue(samples), "time": .number(time), "skipped": JSONValue(skipped),
    ]
  }

  init(_ value: JSONValue, path: String) throws {
    func number(_ key: String) throws -> Int {
      guard let number = value[key]?.int, number >= 0 else { throw CheckpointError(path, "has no whole number \(key)") }
      return number
    }
    step = try number("step")
    optimizerSteps = try number("optimizer_steps")
    position = try number("position")
    samples = try number("samples")
    skipped = try number("skipped")
    guard let seconds = value["time"]?.double else { throw CheckpointError(path, "has no number time") }
    time = seconds
  }
}

/// A checkpoint that does not fit or is damaged.
public struct CheckpointError: UserError, Equatable {
  /// The file or folder.
  public let path: String
  /// What is wrong and what to do.
  public let problem: String

  init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  public var description: String { "\(path): \(problem)" }
}

/// The folder `checkpoints` of a run.
public struct CheckpointFolder: Sendable {
  let path: String

  /// The checkpoints of a run's folder.
  public init(run: String) { path = join(run, "checkpoints") }

  /// The steps that have a finished checkpoint, in rising order.
  public func steps() throws -> [Int] {
    guard kind(of: path) == .folder else { return [] }
    return try namesInFolder(path).compactMap { name in
      guard name.utf8.starts(with: "step-".utf8), let step = Int(name.dropFirst(5)) else { return nil }
      return kind(of: join(folder(step), "progress.json")) == .file ? step : nil
    }.sorted()
  }

  func folder(_ step: Int) -> String { join(path, "step-\(step)") }

  /// Writes a checkpoint: into a folder beside, which gets its name when all of it is on the disk.
  public func write(_ trainer: Trainer, _ progress: Progress) throws {
    let final = folder(progress.step)
    let partial = join(path, ".partial-\(progress.step)")
    try remove(partial)
    try makeFolder(partial)
    do {
      try State(trainer).write(to: join(partial, "state.safetensors"))
      try writeFile(join(partial, "progress.json"), progress.json.text() + "\n")
      try remove(final)
      try renameFolder(partial, to: final)
    } catch {
      try? remove(partial)
      throw error
    }
  }

  /// Brings a trainer to where a checkpoint left it.
  public func read(step: Int, into trainer: Trainer) throws -> Progress {
    let path = join(folder(step), "progress.json")
    let progress = try Progress(JSONValue(file: path), path: path)
    try State(trainer).read(from: join(folder(step), "state.safetensors"))
    trainer.step = progress.step
    trainer.optimizer.stepCount = progress.optimizerSteps
    return progress
  }

  /// Takes only the weights and buffers of a checkpoint.
  public func readWeights(step: Int, into objective: some Objective) throws {
    try State(objective).read(from: join(folder(step), "state.safetensors"))
  }

  /// Removes all but the newest checkpoints, and what a killed process left half written.
  public func prune(keeping count: Int, and kept: Set<Int> = []) throws {
    for step in try steps().dropLast(max(1, count)) where !kept.contains(step) { try remove(folder(step)) }
    guard kind(of: path) == .folder else { return }
    for name in try namesInFolder(path) where name.utf8.starts(with: ".partial-".utf8) {
      try remove(join(path, name))
    }
  }
}

/// All tensors of a training state, by name.
private struct State {
  /// Where a tensor lives and how to replace it.
  struct Place {
    let name: String
    let value: Tensor
    let set: (Tensor) -> Void
  }

  let places: [Place]

  /// What is learnt.
  init(_ objective: some Objective) {
    places =
      objective.parameters.map { name, parameter in
        Place(name: "model.\(name)", value: parameter.value) { parameter.value = $0 }
      }
      + objective.buffers.map { name, buffer in
        Place(name: "buffer.\(name)", value: buffer.value) { buffer.value = $0 }
      }
  }

  /// What is learnt, and how far the learning is.
  init(_ trainer: Trainer) {
    var places = State(trainer.objective).places
    let optimizer = trainer.optimizer
    for (i, entry) in optimizer.entries.enumerated() {
      for (j, kind) in optimizer.rule.stateNames.enumerated() {
        places.append(
          Place(name: "optimizer.\(kind).\(entry.name)", value: entry.state[j]) {
            optimizer.replaceState(of: i, j, by: $0)
          })
      }
    }
    if let average = trainer.average {
      for i in average.values.indices {
        places.append(Place(name: "average.\(i)", value: average.values[i]) { average.values[i] = $0 })
      }
    }
    self.places = places
  }

  func write(to path: String) throws {
    var writer = try SafetensorsWriter(
      path, places.map { TensorLayout($0.name, .f32, $0.value.shape.extents) },
      metadata: [("format", "diptych state 1")])
    for place in places { try writer.write(UnsafeBufferPointer(place.value.floatBuffer)) }
    try writer.commit()
  }

  func read(from path: String) throws {
    let file = try SafetensorsFile(path)
    // Everything is checked and read before anything is replaced.
    let values = try places.map { place in
      guard let layout = file.tensor(place.name) else {
        throw CheckpointError(path, "has no tensor \(place.name); was the recipe's model or optimizer changed?")
      }
      guard layout.shape == place.value.shape.extents else {
        throw CheckpointError(path, "\(place.name) is \(layout.shape), the recipe's is \(place.value.shape)")
      }
      let value = Tensor.zeros(place.value.shape)
      try file.read(place.name, into: value.floatBuffer)
      return value
    }
    for (place, value) in zip(places, values) { place.set(value) }
  }
}
