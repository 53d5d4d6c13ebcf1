import Files
import JSON
import Objectives
import Safetensors

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

  private func progress(_ step: Int) throws -> Progress {
    let path = join(folder(step), "progress.json")
    return try Progress(JSONValue(file: path), path: path)
  }

  func folder(_ step: Int) -> String { join(path, "step-\(step)") }

  /// The newest checkpoint without a sign of sickness.
  func lastHealthy() throws -> Int? { try steps().last { try progress($0).isHealthy } }

  /// Removes the checkpoints of later steps.
  func drop(after step: Int) throws {
    for later in try steps().reversed() where later > step { try remove(folder(later)) }
  }

  /// Whether a model was trained here whose checkpoints are gone, so that the run would begin anew and replace it.
  ///
  /// A first checkpoint is written after the model, into a folder that is made before both: a run that was killed between
  /// the two has a model and no checkpoint, and has lost nothing. Its metrics end where it saved, which was at the first
  /// of the steps that its recipe saves at or, being stopped, before that.
  func areLost() throws -> Bool {
    let run = parentFolder(path)
    guard kind(of: join(run, "model.safetensors")) != .absent, try steps().isEmpty else { return false }
    guard kind(of: path) == .folder, let former = try ResumedRecipe(run: run, named: nil) else { return true }
    let metrics = join(run, "metrics.jsonl")
    guard kind(of: metrics) == .file else { return false }
    let last = try readLines(metrics).compactMap { try? JSONValue(parsing: $0)["step"]?.int }.last ?? 0
    return try last > former.file.read(as: Recipe.self).checkpoint.every
  }

  /// Writes a checkpoint: into a folder beside, which gets its name when all of it is on the disk.
  public func write(_ trainer: Trainer, _ progress: Progress) throws {
    try writeFolder(folder(progress.step), replaces: true) { partial in
      try TrainingState(trainer).write(to: join(partial, "state.safetensors"))
      try writeFile(join(partial, "progress.json"), progress.json.text() + "\n")
    }
  }

  /// Writes other progress into a checkpoint whose tensors stay as they are. They are not touched: at no moment is there
  /// less than the whole of it.
  func note(_ progress: Progress) throws {
    try writeFile(join(folder(progress.step), "progress.json"), progress.json.text() + "\n")
  }

  /// Brings a trainer to where a checkpoint left it.
  public func read(step: Int, into trainer: Trainer) throws -> Progress {
    let (progress, state) = try opened(step)
    do { try TrainingState(trainer).read(state) } catch let error as DamagedTensor { throw try damaged(step, error) }
    trainer.step = progress.step
    trainer.optimizer.stepCount = progress.optimizerSteps
    trainer.rateFactor = progress.rateFactor
    return progress
  }

  /// The parts of a checkpoint. Where one is damaged, the error tells how to go on without it.
  private func opened(_ step: Int) throws -> (Progress, SafetensorsFile) {
    do { return try open(step) } catch let error as any UserError { throw try damaged(step, error) }
  }

  private func open(_ step: Int) throws -> (Progress, SafetensorsFile) {
    (try progress(step), try SafetensorsFile(join(folder(step), "state.safetensors")))
  }

  private func damaged(_ step: Int, _ error: any UserError) throws -> DamagedCheckpoint {
    let older = try steps().last { $0 < step && (try? open($0)) != nil }
    return DamagedCheckpoint(problem: error.description, folder: folder(step), older: older, run: parentFolder(path))
  }

  /// Takes only the weights and buffers of a checkpoint.
  public func readWeights(step: Int, into objective: some Objective) throws {
    try TrainingState(objective).read(from: join(folder(step), "state.safetensors"))
  }

  /// The checkpoint with the best value of the recipe's metric; `nil` where none was measured.
  public func best(_ recipe: CheckpointRecipe) throws -> Int? {
    let measured = try steps().compactMap { step -> (step: Int, metric: Double)? in
      let progress = try progress(step)
      // Checkpoints of earlier versions have no name.
      guard [recipe.best, ""].contains(progress.metricName) else { return nil }
      return progress.metric.map { (step, $0) }
    }
    return switch recipe.bestIs {
    case .lowest: measured.min { $0.metric < $1.metric }?.step
    case .highest: measured.max { $0.metric < $1.metric }?.step
    }
  }

  /// Removes all but the newest checkpoints and the best, and what a killed process left half written or half removed.
  ///
  /// `keepsHealthy`: whether the newest without a sign of sickness stays, too.
  public func prune(_ recipe: CheckpointRecipe, keepsHealthy: Bool = false) throws {
    let best = recipe.best.isEmpty ? nil : try best(recipe)
    let healthy = keepsHealthy ? try lastHealthy() : nil
    for step in try steps().dropLast(max(1, recipe.keep)) where step != best && step != healthy {
      try remove(folder(step))
    }
    guard kind(of: path) == .folder else { return }
    let finished = Set(try steps().map { "step-\($0)" })
    for name in try namesInFolder(path) where name.hasPrefix(".partial-") || name.hasPrefix("step-") {
      if !finished.contains(name) { try remove(join(path, name)) }
    }
  }
}

/// A checkpoint that cannot be read.
private struct DamagedCheckpoint: UserError {
  let problem: String
  let folder: String
  /// A whole one before it.
  let older: Int?
  let run: String

  var description: String {
    guard let older else {
      return "\(problem); no checkpoint before it is whole: train into another folder with --init \(run), which takes "
        + "the weights of the model there"
    }
    return "\(problem); step-\(older) before it is whole: remove \(folder), and --resume goes on from there"
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
