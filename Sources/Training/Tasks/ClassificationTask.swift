import Augmentation
import Datasets
import Encoders
import Images
import ModelFolders
import Objectives
import Patching
import Tensors

/// Classification of pictures, from nothing or from a masked autoencoder.
struct ClassificationTask: TrainingTask {
  let preparation: LabelledPreparation
  var objective: any Objective { classification }

  private let classification: Classification
  private let classNames: [String]
  private let test: (any DataSet)?
  private let every: Int
  private let last: Int
  private let precision: Precision

  init(_ context: TaskContext) throws {
    let recipe = context.recipe
    let (sizes, loss, look) = (
      recipe.classification.model, recipe.classification.objective, recipe.classification.evaluate
    )
    classNames = context.data.classNames
    guard classNames.count > 1 else { throw DataError(recipe.data.set, "has no classes to learn") }
    var generator = Generator(recipe.seed, Stream.weights)
    classification = Classification(
      ImageClassifier(sizes.shape, classes: classNames.count, isProbe: loss.probe, &generator),
      labelSmoothing: loss.labelSmoothing, mixing: Mixing(mixup: loss.mixup, cutmix: loss.cutmix))
    let views = try recipe.data.views(otherwise: Preset.mae.text(size: sizes.imageSize), side: sizes.imageSize)
    preparation = LabelledPreparation(
      patches: PatchedViews(
        views: views, grid: PatchGrid(size: sizes.imageSize, patch: sizes.patchSize), decoding: recipe.data.decoding),
      classes: classNames.count)
    (every, last, precision) = (look.every, recipe.steps, recipe.precision)
    var options = DataOptions()
    options.split = look.split.isEmpty ? nil : look.split
    options.side = sizes.imageSize
    let name = look.set.isEmpty ? recipe.data.set : look.set
    test = look.every > 0 ? try context.test(name, options, section: "evaluate") : nil
  }

  /// Takes the encoder of a masked autoencoder's folder or a classifier's.
  func start(from folder: String) throws {
    let isMasked = MaskedModel.isConfigured(folder)
    let encoder = try isMasked ? MaskedModel(folder).autoencoder.encoder : ClassifierModel(folder).network.encoder
    let (found, own) = (encoder.shape, classification.model.encoder.shape)
    guard found.summary == own.summary else {
      throw RunError.noStart(folder, "has an encoder for \(found.summary), the recipe for \(own.summary)")
    }
    classification.model.encoder.takeValues(of: encoder)
  }

  /// The model as `transformers.ViTForImageClassification` reads it; a probe's batch norm becomes part of the
  /// classifier.
  func writeModel(to folder: String) throws { try model.write(to: folder) }

  var lookNames: [String] { test == nil ? [] : ["test_top1"] }

  /// Every so many steps and at the end, how many of the test pictures are classified right.
  func look(afterStep step: Int, folder: String) throws -> [MetricsLine.Named] {
    guard let test, step % every == 0 || step == last else { return [] }
    let model = model
    var (right, count) = (0, 0)
    for start in stride(from: 0, to: test.count, by: 128) {
      let range = start..<min(start + 128, test.count)
      let samples = range.compactMap { index -> (patches: [Float], label: Int)? in
        guard let sample = try? test.sample(at: index), let label = sample.label,
          let image = try? sample.image(options: preparation.patches.decoding)
        else { return nil }
        return (model.patches(of: image), label)
      }
      guard !samples.isEmpty else { continue }
      let logits = Pass(precision: precision).run {
        classification.model(preparation.patches.tensor(samples.map(\.patches)))
      }
      right += zip(logits.argmax().ids, samples).count { Int($0) == $1.label }
      count += samples.count
    }
    return [.init("test_top1", Double(right) / Double(max(1, count)))]
  }

  private var model: ClassifierModel {
    ClassifierModel(
      classification.model, classNames: classNames,
      preprocessing: Preprocessing(
        size: classification.model.encoder.shape.imageSize, centring: .down,
        normalization: preparation.patches.normalization))
  }
}

/// Pictures with their classes.
struct LabelledPreparation: SamplePreparation {
  struct Item: Sendable {
    let patches: [Float]
    let label: Int32
  }

  let patches: PatchedViews
  let classes: Int

  func callAsFunction(_ draw: Draw) throws -> Item {
    guard let label = draw.sample.label, (0..<classes).contains(label) else {
      throw BadSample(draw.sample.id, "it has no class")
    }
    return Item(patches: try patches(draw.sample, draw.generator), label: Int32(label))
  }

  func batch(_ items: [Item]) -> Batch {
    Batch(views: [patches.tensor(items.map(\.patches))], labels: Tensor(ids: items.map(\.label), [items.count]))
  }
}
