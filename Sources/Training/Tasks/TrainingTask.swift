import Datasets
import Objectives

/// What a method brings to the run that trains it. ``TrainingRun`` does the rest: it draws samples, takes steps, writes
/// metrics and checkpoints, and goes on where it stopped.
///
/// To train a new objective, add its case to ``Recipe/Method``, its keys to a section in `Recipes`, and a task here.
public protocol TrainingTask {
  /// What makes samples ready for a step.
  associatedtype Preparation: SamplePreparation

  /// What is learnt.
  var objective: any Objective { get }

  /// What makes samples ready for a step.
  var preparation: Preparation { get }

  /// Writes the model as those who use it want it: a folder in Hugging Face's layout.
  func writeModel(to folder: String) throws

  /// Takes the weights of another model before the first step; its sizes must be the recipe's.
  func start(from model: String) throws

  /// Looks at the model after a step: pictures for the run's folder, accuracies on held-out samples. Most steps have
  /// nothing to look at. What it returns goes into the step's line of metrics.
  func look(afterStep step: Int, folder: String) throws -> [MetricsLine.Named]

  /// The names of what looks measure.
  var lookNames: [String] { get }
}

extension TrainingTask {
  /// Takes the weights of a run by the same method.
  public func start(from model: String) throws {
    let checkpoints = CheckpointFolder(run: model)
    guard let last = try checkpoints.steps().last else {
      throw RunError.noStart(model, "holds no checkpoint of a run, and this method can start from nothing else")
    }
    try checkpoints.readWeights(step: last, into: objective)
  }

  /// Nothing to look at.
  public func look(afterStep step: Int, folder: String) throws -> [MetricsLine.Named] { [] }

  /// Nothing to look at.
  public var lookNames: [String] { [] }
}

/// Makes samples ready for a step: decoded, augmented and tokenized one by one on the loader's threads, then put side by
/// side.
public protocol SamplePreparation: Sendable {
  /// One sample, ready to be put beside others.
  associatedtype Item: Sendable

  /// Prepares a sample. All its chances come from the draw's generator; what it throws makes the sample a bad one.
  func callAsFunction(_ draw: Draw) throws -> Item

  /// Samples side by side.
  func batch(_ items: [Item]) -> Batch
}

/// Why an accuracy is not measured: each picture would be its own nearest neighbour, and the number say nothing.
struct TestsOnTraining: Error {
  /// The section of the recipe that asks for it.
  let section: String

  /// For people.
  var note: String {
    "\(section) is left out: it would test on the very pictures that are learnt from; \(section).split names a part of its own"
  }
}

/// What a recipe's method makes of its data.
public struct TaskContext {
  /// Every value of the recipe.
  public internal(set) var recipe: Recipe
  /// What it learns from, and how that was opened.
  public let opened: OpenedDataSet
  /// The run's folder.
  public let folder: String
  /// The model that the run starts from, if it begins now and does not begin by chance.
  public let start: String?
  /// Whether the run goes on from a checkpoint: the folder holds the files that go with it, such as the tokenizer's.
  public let isResumed: Bool
  /// Whether the run is to stop before it has begun.
  public let isStopped: @Sendable () -> Bool

  /// What it learns from.
  public var data: any DataSet { opened.set }

  /// Pictures to measure accuracies on, with the classes of the training. Throws ``TestsOnTraining`` where there are none but
  /// those that are learnt from, unless the same part is named for both.
  ///
  /// `section`: the one of the recipe that asks for them.
  func test(_ name: String, _ options: DataOptions, section: String) throws -> any DataSet {
    let test = try openDataSet(name, options)
    if test.isSame(as: opened), (options.split ?? "") != recipe.data.split {
      throw TestsOnTraining(section: section)
    }
    return try test.set.classified(as: data, name: name)
  }
}

extension Recipe {
  /// The task of the recipe's method.
  func task(_ context: TaskContext) throws -> any TrainingTask {
    switch method {
    case .clip, .siglip: try JointEmbeddingTask(context)
    case .mae: try MaskedAutoencoderTask(context)
    case .classify: try ClassificationTask(context)
    case .twoView(let method): try TwoViewTask(context, method)
    }
  }

  /// Pixels along a side of the pictures that the method's encoder reads.
  var imageSize: Int {
    switch method {
    case .clip, .siglip: joint.model.imageSize
    case .mae: masked.model.imageSize
    case .classify: classification.model.imageSize
    case .twoView: twoView.model.imageSize
    }
  }
}
