import CollapseMonitoring
import Datasets
import Files
import JSON
import ModelFolders
import Objectives
import Tensors

/// A training from its recipe to its run folder.
///
/// ```swift
/// let run = try TrainingRun(recipe, folder: "runs/mine", resumes: false)
/// while let step = try run.advance() { … }
/// ```
public final class TrainingRun {
  /// The run's folder.
  public let folder: String
  /// Every value of the recipe.
  public let recipe: Recipe
  /// Samples that this process could not use, every time counted.
  public var badSampleCount: Int { batches.badSamples() }
  /// What people should know about the beginning, a line each.
  public let notes: [String]
  /// What trains.
  public let trainer: Trainer
  /// How far it is.
  public private(set) var progress: Progress
  /// The step that this process began with.
  public let firstStep: Int
  /// How many numbers are trained.
  public var parameterCount: Int { trainer.objective.trainableCount }
  /// What happened besides the newest step.
  public private(set) var news = News()
  /// How the representation does; `nil` before the first look, or if nobody looks.
  public var health: Health? { monitor.monitor.health }
  /// Seconds that monitoring has taken since this process began, snapshots left out.
  public var monitoringCost: Double { monitor.cost }

  /// What happened besides a step.
  public struct News: Sendable {
    /// What the monitor saw at this step, if it looked.
    public var look: CollapseMonitor.Look?
    /// Whether a snapshot was taken.
    public var hasSnapshot = false
    /// The step that the run went back to.
    public var rolledBackTo: Int?
    /// Alarms that were raised or cleared.
    public var alarms: [Alarm] { look?.changes ?? [] }
  }

  private let lock: RunLock
  private let checkpoints: CheckpointFolder
  private let metrics: JSONLinesFile
  private let task: any TrainingTask
  private let data: any DataSet
  private var batches: BatchStream
  private var monitor: RunMonitor
  private let snapshots: Snapshots?
  private let isStopped: @Sendable () -> Bool
  private var savedStep: Int
  /// Whether the metric of the best checkpoint was measured since this process began; most are not at every step.
  private var hasMeasuredBest = false
  /// All metrics that were measured.
  private var measured: Set<String> = []

  /// After so many skipped steps in a row a run is beyond repair.
  public static let mostSkipped = 10

  /// Starts a run in a new folder, or goes on with one.
  ///
  /// `resumes`: whether to go on with what the folder holds. A run that was killed before its first checkpoint
  /// begins anew: that is what it would have done.
  /// `stop`: what may ask the run to stop while it prepares itself, or waits for pictures.
  public init(
    _ recipe: Recipe, folder: String, resumes: Bool, header: [String] = [], stop: StopSignal? = nil
  ) throws {
    self.folder = folder
    isStopped = { stop?.isRequested ?? false }
    let recipePath = join(folder, "recipe.json5")
    checkpoints = CheckpointFolder(run: folder)
    let isRun = kind(of: recipePath) == .file
    let steps = try checkpoints.steps()
    if !resumes, isRun, !steps.isEmpty || Self.hasTakenSteps(folder) { throw RunError.exists(folder) }
    if isRun, try checkpoints.areLost() { throw RunError.lostCheckpoints(folder) }
    if !isRun, !resumes || steps.isEmpty, let file = ModelFiles.sign(in: folder) {
      throw RunError.holdsModel(folder, file: file)
    }
    try makeFolder(folder)
    lock = try RunLock(folder: folder)
    // Killed from here on, it can be resumed without the recipe being named again.
    if !resumes || !isRun { try writeResolvedRecipe(recipe, to: recipePath, header: header) }
    var recipe = recipe
    let own = try ResumedRecipe(run: folder, named: nil)
    let former = try own?.start ?? ""
    if recipe.start.isEmpty { recipe.start = former }
    recipe = try recipe.withSizesOfStart(folder: folder)

    var options = DataOptions()
    options.split = recipe.data.split.isEmpty ? nil : recipe.data.split
    options.insistsOnSplit = true
    options.side = recipe.imageSize
    let opened = try openDataSet(recipe.data.set, options)
    data = opened.set
    recipe = recipe.resolved(samples: data.count)
    let last = resumes ? try checkpoints.steps().last : nil
    if let last, last > recipe.steps { throw RunError.isFurther(folder, done: last, asked: recipe.steps) }
    // A run that goes on has its own weights, which belong to its own model.
    if last != nil, let change = try own?.modelChange(in: recipe, folder: folder) { throw change }
    if last != nil, let change = try own?.optimizerChange(in: recipe, folder: folder) { throw change }
    if last != nil, absolutePath(recipe.start) != absolutePath(former) {
      throw RunError.otherStart(folder, began: former)
    }
    let start = last == nil && !recipe.start.isEmpty ? recipe.start : nil
    var notes: [String]
    (recipe, notes) = try recipe.withStatistics(of: start)
    var context = TaskContext(
      recipe: recipe, opened: opened, folder: folder, start: start, isResumed: last != nil, isStopped: isStopped)
    do {
      task = try recipe.task(context)
    } catch let problem as TestsOnTraining {
      notes.append(problem.note)
      (recipe.twoView.knn.every, recipe.classification.evaluate.every) = (0, 0)
      context.recipe = recipe
      task = try recipe.task(context)
    }
    self.recipe = recipe
    self.notes = notes
    if let start { try task.start(from: start) }
    trainer = try Self.trainer(recipe, task.objective)
    guard trainer.objective.trainableCount > 0 else { throw RunError.nothingLearns }

    progress = try last.map { [checkpoints, trainer] in try checkpoints.read(step: $0, into: trainer) } ?? Progress()
    if ![recipe.checkpoint.best, ""].contains(progress.metricName) { progress.window = RunningMean() }
    progress.metricName = recipe.checkpoint.best
    firstStep = progress.step
    savedStep = progress.step
    let done = progress.step
    metrics = try JSONLinesFile(join(folder, "metrics.jsonl")) { ($0["step"]?.int ?? .max) <= done }
    monitor = try RunMonitor(recipe, folder: folder, progress)
    try writeResolvedRecipe(recipe, to: recipePath, header: header)
    let machine = environment(recipe, parameters: trainer.objective.trainableCount)
    try writeFile(join(folder, "environment.json"), machine.text() + "\n")
    batches = try Self.batches(recipe, task, data, folder: folder, position: progress.position, isStopped)
    try Snapshots.drop(after: done, folder: folder)
    snapshots = try Snapshots(recipe, folder: folder) { [task] in
      try task.preparation.gallery(
        heldOut(recipe.data, options, training: opened), recipe.data.decoding, count: 64, folder: folder)
    }
    try makeFolder(checkpoints.path)
    try prune()
    // A run that may have to go back needs a place to go back to.
    if recipe.monitor.onAlarm == .rollBack, try checkpoints.lastHealthy() == nil {
      try checkpoints.write(trainer, progress)
    }
  }

  /// Whether a run went on beyond its beginning. One that was refused for its data, or killed before its first step, is
  /// nothing that a new one would destroy.
  private static func hasTakenSteps(_ folder: String) -> Bool {
    if kind(of: join(folder, "model.safetensors")) != .absent { return true }
    let metrics = join(folder, "metrics.jsonl")
    return kind(of: metrics) == .file && (try? readLines(metrics))?.isEmpty != true
  }

  private static func batches(
    _ recipe: Recipe, _ task: any TrainingTask, _ data: any DataSet, folder: String, position: Int,
    _ isStopped: @escaping @Sendable () -> Bool
  ) throws -> BatchStream {
    var loading = recipe.loading(folder: folder, position: position)
    loading.isStopped = isStopped
    return try BatchStream(
      task.preparation, data, loading, decoding: recipe.data.decoding, keepsSamples: recipe.keepsSamples)
  }

  /// Takes the next step, writes its line, and saves where the recipe says so; `nil` when the run is complete, or was
  /// asked to stop while it waited for pictures.
  public func advance() throws -> MetricsLine? {
    guard progress.step < recipe.steps, let drawn = try writing({ try batches.next() }) else { return nil }
    let clock = ContinuousClock()
    let start = clock.now
    let isWatched = monitor.looks(after: progress.step + 1)
    let report = try trainer.step(of: drawn.count, isWatched: isWatched, drawn.batch)
    let seconds = (clock.now - start) / .seconds(1) + drawn.waited

    progress.step += 1
    progress.optimizerSteps = trainer.optimizer.stepCount
    progress.position = drawn.position
    progress.samples += drawn.count
    progress.time += seconds
    if !report.nonFinite.isEmpty { progress.skipped += 1 }
    let look = try writing {
      try monitor.take(report, step: progress.step, wait: drawn.waited, seconds: seconds, pictures: drawn.pictures) {
        try drawn.batch(0..<min($0, drawn.count))
      }
    }
    let tried = try writing { try task.look(afterStep: progress.step, folder: folder) }
    var line = MetricsLine(
      step: progress.step, epoch: Double(progress.position) / Double(batches.epochLength), samples: progress.samples,
      loss: Double(report.loss.total.scalar),
      parts: report.loss.parts.map { MetricsLine.Named($0.name, Double($0.value)) } + tried,
      learningRate: report.rate, gradientNorm: report.gradientNorm,
      samplesPerSecond: Double(drawn.count) / max(1e-9, seconds),
      dataWait: drawn.waited / max(1e-9, seconds), nonFinite: report.nonFinite, time: progress.time)
    line.health = look?.reading.named.map { MetricsLine.Named($0.name, $0.value) } ?? []
    news = News(look: look)
    try writing {
      try metrics.append(line.json)
      guard let snapshots, snapshots.isDue(after: progress.step) else { return }
      try snapshots.take(trainer.objective, step: progress.step)
      news.hasSnapshot = true
    }
    try note(line)
    if trainer.skippedInARow >= Self.mostSkipped {
      // Skipped steps change nothing: what is in memory is the last good state.
      if TrainingState(trainer).nonFinite.isEmpty { try save() }
      throw RunError.notFinite(folder, step: progress.step, names: report.nonFinite, saved: savedStep)
    }
    if let alarm = news.alarms.first(where: { !$0.isCleared && $0.kind.isSickness }) {
      switch recipe.monitor.onAlarm {
      case .report: break
      case .stop:
        try save()
        throw RunError.alarm(folder, alarm, rollBacks: 0)
      case .rollBack:
        try rollBack(because: alarm)
        return line
      }
    }
    if progress.step % recipe.checkpoint.every == 0, trainer.skippedInARow == 0 { try save() }
    return line
  }

  /// Goes back to the last healthy checkpoint, and on from there with a lower learning rate.
  private func rollBack(because alarm: Alarm) throws {
    let from = progress.step
    let (rollBacks, factor) = (progress.rollBacks, progress.rateFactor)
    guard rollBacks < recipe.monitor.rollBacks, let healthy = try checkpoints.lastHealthy() else {
      try save()
      throw RunError.alarm(folder, alarm, rollBacks: rollBacks)
    }
    progress = try checkpoints.read(step: healthy, into: trainer)
    progress.rollBacks = rollBacks + 1
    progress.rateFactor = factor * recipe.monitor.rateFactor
    trainer.rateFactor = progress.rateFactor
    try writing {
      try monitor.rollBack(to: progress, from: from)
      // First what is sick goes, then what is healthy learns that it was gone back to: whatever moment the process dies
      // at, a resumed run starts from a healthy state.
      try checkpoints.drop(after: healthy)
      try checkpoints.note(progress)
      try metrics.cut { ($0["step"]?.int ?? .max) <= healthy }
      try Snapshots.drop(after: healthy, folder: folder)
    }
    savedStep = healthy
    batches = try Self.batches(recipe, task, data, folder: folder, position: progress.position, isStopped)
    news.rolledBackTo = healthy
  }

  private func prune() throws {
    try checkpoints.prune(recipe.checkpoint, keepsHealthy: recipe.monitor.onAlarm == .rollBack)
  }

  /// Saves the run, if it has moved since the last time: the model at the folder's top, and a checkpoint to go on from.
  ///
  /// The checkpoint comes last. A run that is killed between the two does the steps since the one before again and writes
  /// the model again; the other way round it would take itself for finished and leave the old model.
  public func save() throws {
    guard progress.step > savedStep else { return }
    let spoilt = TrainingState(trainer).nonFinite
    guard spoilt.isEmpty else {
      throw RunError.spoilt(folder, step: progress.step, names: spoilt, saved: savedStep)
    }
    // Where a run is interrupted must not decide which checkpoint is its best: only those that were due are compared.
    let isDue = progress.step % recipe.checkpoint.every == 0 || progress.step == recipe.steps
    progress.metric = isDue ? progress.window.mean : nil
    if isDue { progress.window = RunningMean() }
    progress.isHealthy = monitor.monitor.isHealthy
    progress.monitor = monitor.monitor.state
    try writing {
      try metrics.sync()
      try monitor.sync()
      try task.writeModel(to: folder)
      try trainer.average?.inPlace { try task.writeModel(to: join(folder, "average")) }
      try checkpoints.write(trainer, progress)
      savedStep = progress.step
      try prune()
    }
  }

  /// What cannot be written ends the run with a line that says what is safe.
  package func writing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw RunError.notWritten(folder, step: progress.step, why: error.description, saved: savedStep)
    }
  }

  /// Follows the metric that the recipe keeps the best checkpoint by.
  ///
  /// A name that nothing measures is an error as soon as that is sure: the loss and its parts stand in each line, what
  /// the monitor measures in that of its first look, and what the task measures now and then it names beforehand. A short
  /// run may be over before.
  private func note(_ line: MetricsLine) throws {
    let best = recipe.checkpoint.best
    guard !best.isEmpty else { return }
    let numbers = [MetricsLine.Named("loss", line.loss)] + line.parts + line.health
    if let value = numbers.first(where: { $0.name == best })?.value {
      hasMeasuredBest = true
      if value.isFinite { progress.window.add(value) }
    }
    guard !hasMeasuredBest, !task.lookNames.contains(best) else { return }
    measured.formUnion(numbers.map(\.name))
    let hasLooked = health != nil || !recipe.monitor.isOn
    let isOver = firstStep == 0 && progress.step == recipe.steps
    guard isOver || hasLooked && progress.step - firstStep >= recipe.checkpoint.every else { return }
    try save()
    throw RunError.noSuchMetric(best, known: measured.union(task.lookNames).sorted())
  }

  private static func trainer(_ recipe: Recipe, _ objective: some Objective) throws -> Trainer {
    let settings = recipe.optimizer
    let optimizer = try settings.optimizer(for: objective.parameters)
    let average =
      settings.averageDecay > 0
      ? WeightAverage(objective.parameters.map(\.parameter), decay: settings.averageDecay) : nil
    return Trainer(
      objective, optimizer, settings.rateSchedule(steps: recipe.steps),
      Trainer.Settings(
        seed: recipe.seed, precision: recipe.precision, clipNorm: settings.clipNorm > 0 ? settings.clipNorm : nil,
        microBatch: recipe.microBatch > 0 ? recipe.microBatch : nil),
      average: average)
  }
}

extension Recipe {
  /// How samples are drawn, from a position on.
  package func loading(folder: String, position: Int) -> LoaderOptions {
    var loading = LoaderOptions(batchSize: batchSize)
    loading.seed = Generator(seed, Stream.data).seed
    loading.position = position
    loading.maxBad = data.maxBad
    loading.threads = data.threads == 0 ? ThreadPool.current.threads : data.threads
    loading.badSamplesFile = join(folder, "bad-samples.jsonl")
    return loading
  }

  /// Whether a batch's samples fit into memory beside what a micro-batch needs there: up to 32 MB of pictures surely do.
  fileprivate var keepsSamples: Bool {
    microBatch == 0 || microBatch >= batchSize
      || batchSize * imageSize * imageSize * 3 * MemoryLayout<Float>.size <= 1 << 25
  }
}
