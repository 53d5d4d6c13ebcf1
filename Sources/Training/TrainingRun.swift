import Augmentation
import Datasets
import Encoders
import Files
import Glibc
import Images
import Layers
import ModelFolders
import Objectives
import Patching
import Tensors
import Text

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
  /// What trains.
  public let trainer: Trainer
  /// How far it is.
  public private(set) var progress: Progress
  /// The step that this process began with.
  public let firstStep: Int
  /// How many numbers are trained.
  public var parameterCount: Int { trainer.objective.trainableCount }

  private let lock: RunLock
  private let checkpoints: CheckpointFolder
  private let metrics: JSONLinesFile
  private let model: CLIP
  private let tokenizer: Tokenizer
  private let views: Views
  private let preparation: PairPreparation
  private let loader: Loader<PairPreparation.Item>
  private var started: ContinuousClock.Instant
  private var savedStep: Int

  /// After so many skipped steps in a row a run is beyond repair.
  public static let mostSkipped = 10

  /// Starts a run in a new folder, or goes on with one.
  ///
  /// - Parameter resumes: whether to go on with what the folder holds. A run that was killed before its first checkpoint
  ///   begins anew: that is what it would have done.
  public init(_ recipe: Recipe, folder: String, resumes: Bool, header: [String] = []) throws {
    self.folder = folder
    self.recipe = recipe
    let recipePath = join(folder, "recipe.json5")
    checkpoints = CheckpointFolder(run: folder)
    if !resumes, kind(of: recipePath) == .file { throw RunError.exists(folder) }
    try makeFolder(folder)
    lock = try RunLock(folder: folder)

    var options = DataOptions()
    options.split = recipe.data.split.isEmpty ? nil : recipe.data.split
    options.side = recipe.model.imageSize
    let data = try openDataSet(recipe.data.set, options)
    tokenizer = try Self.tokenizer(recipe, data.set, folder)
    let end = tokenizer.endToken.map { TextPooling.first(id: $0) } ?? .largestId
    let shape = recipe.model.shape(
      method: recipe.method, vocabulary: tokenizer.vocabularySize, endOfText: recipe.method == .siglip ? .last : end)
    var generator = Generator(recipe.seed, Stream.weights)
    model = CLIP(shape, &generator)
    let objective = JointEmbedding(
      model, loss: shape.loss, labelSmoothing: recipe.objective.labelSmoothing,
      patchDropout: recipe.objective.patchDropout)
    trainer = Self.trainer(recipe, objective)

    let last = resumes ? try checkpoints.steps().last : nil
    progress = try last.map { [checkpoints, trainer] in try checkpoints.read(step: $0, into: trainer) } ?? Progress()
    firstStep = progress.step
    savedStep = progress.step
    try checkpoints.prune(keeping: recipe.checkpoint.keep)

    let done = progress.step
    metrics = try JSONLinesFile(join(folder, "metrics.jsonl")) { ($0["step"]?.int ?? .max) <= done }
    try writeResolvedRecipe(recipe, to: recipePath, header: header)

    views = try Views(parsing: recipe.augmentationText)
    preparation = PairPreparation(
      views: views, grid: PatchGrid(size: recipe.model.imageSize, patch: recipe.model.patchSize),
      tokenizer: tokenizer, context: recipe.model.context)
    var loading = LoaderOptions(batchSize: recipe.batchSize)
    loading.seed = Generator(recipe.seed, Stream.data).seed
    loading.position = progress.position
    loading.maxBad = recipe.data.maxBad
    loading.threads = recipe.data.threads == 0 ? ThreadPool.availableCores : recipe.data.threads
    loading.badSamplesFile = join(folder, "bad-samples.jsonl")
    loader = try Loader([.init(data.set)], loading) { [preparation] in try preparation($0) }
    started = .now
  }

  /// Takes the next step, writes its line, and saves where the recipe says so; `nil` when the run is complete.
  public func advance() throws -> MetricsLine? {
    guard progress.step < recipe.steps, let drawn = try loader.next() else { return nil }
    let clock = ContinuousClock()
    let start = clock.now
    let report = trainer.step(preparation.batch(drawn.items))
    let seconds = (clock.now - start) / .seconds(1) + drawn.waited

    progress.step += 1
    progress.optimizerSteps = trainer.optimizer.stepCount
    progress.position = drawn.position
    progress.samples += drawn.items.count
    progress.time += seconds
    if !report.nonFinite.isEmpty { progress.skipped += 1 }
    let line = MetricsLine(
      step: progress.step, epoch: Double(progress.position) / Double(loader.epochLength), samples: progress.samples,
      loss: Double(report.loss.total.scalar),
      parts: report.loss.parts.map { MetricsLine.Named($0.name, Double($0.value)) }, learningRate: report.rate,
      gradientNorm: report.gradientNorm, samplesPerSecond: Double(drawn.items.count) / max(1e-9, seconds),
      dataWait: drawn.waited / max(1e-9, seconds), isSkipped: !report.nonFinite.isEmpty, time: progress.time)
    try metrics.append(line.json)
    if trainer.skippedInARow >= Self.mostSkipped {
      throw RunError.notFinite(folder, step: progress.step, names: report.nonFinite, saved: savedStep)
    }
    if progress.step % recipe.checkpoint.every == 0, trainer.skippedInARow == 0 { try save() }
    return line
  }

  /// Saves the run, if it has moved since the last time: a checkpoint to go on from, and the model at the folder's top.
  public func save() throws {
    guard progress.step > savedStep else { return }
    try metrics.sync()
    try checkpoints.write(trainer, progress)
    savedStep = progress.step
    try checkpoints.prune(keeping: recipe.checkpoint.keep)
    try writeModel()
  }

  /// The model as Hugging Face would have it.
  private func writeModel() throws {
    try writeCLIPFolder(
      model, to: folder,
      preprocessing: Preprocessing(
        size: recipe.model.imageSize, centring: .down, normalization: views.pipelines[0].normalization),
      endOfText: tokenizer.endToken)
    try tokenizer.write(to: folder)
  }

  private static func trainer(_ recipe: Recipe, _ objective: some Objective) -> Trainer {
    let settings = recipe.optimizer
    let optimizer = Optimizer(
      AdamW(beta1: settings.betas[0], beta2: settings.betas[1], epsilon: settings.epsilon), objective.parameters,
      weightDecay: settings.weightDecay)
    let schedule = LearningRateSchedule(
      peak: settings.learningRate, shape: settings.schedule, warmup: settings.warmup, cooldown: settings.cooldown,
      finalShare: settings.finalShare, total: recipe.steps)
    let average =
      settings.averageDecay > 0
      ? WeightAverage(objective.parameters.map(\.parameter), decay: settings.averageDecay) : nil
    return Trainer(
      objective, optimizer, schedule,
      Trainer.Settings(
        seed: recipe.seed, precision: recipe.precision, clipNorm: settings.clipNorm > 0 ? settings.clipNorm : nil,
        microBatch: recipe.microBatch > 0 ? recipe.microBatch : nil),
      average: average)
  }

  /// The run's tokenizer, or one that is trained on the captions of the set.
  private static func tokenizer(_ recipe: Recipe, _ set: any DataSet, _ folder: String) throws -> Tokenizer {
    if kind(of: join(folder, "vocab.json")) == .file { return try Tokenizer(folder: folder) }
    // Every sample has its turn in the same order, so that the tokenizer is a function of recipe and data.
    var captions: [String] = []
    for index in 0..<set.count where captions.count < recipe.data.tokenizerCaptions {
      if let sample = try? set.sample(at: index) { captions += sample.captions }
    }
    guard !captions.isEmpty else { throw RunError.noCaptions(recipe.data.set) }
    let tokenizer = try BytePairTraining.tokenizer(
      captions: captions, vocabularySize: recipe.model.vocabulary, contextLength: recipe.model.context)
    try tokenizer.write(to: folder)
    return tokenizer
  }
}

extension Recipe {
  /// The augmentation, or a gentle one for joint embeddings where the recipe has none.
  var augmentationText: String {
    data.augmentation.isEmpty
      ? "decode|random_crop(\(model.imageSize), scale: 0.9...1)|normalize(clip)" : data.augmentation
  }
}

/// Why a run cannot begin or go on.
public enum RunError: UserError, Equatable {
  /// There is a run already.
  case exists(String)
  /// A joint embedding needs captions.
  case noCaptions(String)
  /// Loss or gradients stay NaN or infinite.
  case notFinite(String, step: Int, names: [String], saved: Int)

  /// The line for people.
  public var description: String {
    switch self {
    case .exists(let folder): "\(folder): holds a run already; go on with --resume, or choose another folder"
    case .noCaptions(let set): "\(set): has no captions, and a joint embedding learns from nothing else"
    case .notFinite(let folder, let step, let names, let saved):
      "\(folder): stopped at step \(step) after \(TrainingRun.mostSkipped) steps without finite numbers, the first in "
        + names.prefix(3).joined(separator: ", ") + "; "
        + (saved > 0 ? "the state of step \(saved) is saved; " : "") + "try a lower learning rate"
    }
  }
}
