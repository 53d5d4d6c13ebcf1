import Augmentation
import Datasets
import Encoders
import Images
import ModelFolders
import Objectives
import Patching
import Tensors

/// Masked autoencoders: pictures alone.
struct MaskedAutoencoderTask: TrainingTask {
  let preparation: PicturePreparation
  var objective: any Objective { masked }

  private let masked: MaskedReconstruction
  private let strip: ReconstructionStrip?

  init(_ context: TaskContext) throws {
    let recipe = context.recipe
    let (sizes, masking) = (recipe.masked.model, recipe.masked.objective)
    var generator = Generator(recipe.seed, Stream.weights)
    masked = MaskedReconstruction(
      MaskedAutoencoder(sizes.shape, &generator), kind: masking.mask, ratio: masking.maskRatio,
      normalizesPatches: masking.normalizePatches)
    let views = try recipe.data.views(otherwise: Preset.mae.text(size: sizes.imageSize), side: sizes.imageSize)
    preparation = PicturePreparation(
      patches: PatchedViews(
        views: views, grid: PatchGrid(size: sizes.imageSize, patch: sizes.patchSize), decoding: recipe.data.decoding))
    strip = try recipe.masked.reconstruct.every > 0 ? ReconstructionStrip(context) : nil
  }

  /// Takes the weights of a masked autoencoder's folder of the same sizes.
  func start(from model: String) throws {
    let found = try MaskedModel(model).autoencoder
    guard found.shape.hasSizes(of: masked.model.shape) else {
      throw RunError.noStart(
        model, "has other sizes than the recipe's model: \(found.shape.summary), not \(masked.model.shape.summary)")
    }
    masked.model.takeValues(of: found)
  }

  /// The model as `transformers.ViTMAEForPreTraining` reads it.
  func writeModel(to folder: String) throws { try model.write(to: folder) }

  var lookNames: [String] { strip == nil ? [] : ReconstructionStrip.names }

  func look(afterStep step: Int, folder: String) throws -> [MetricsLine.Named] {
    try strip?.look(model, masked, afterStep: step, folder: folder) ?? []
  }

  private var model: MaskedModel {
    MaskedModel(
      masked.model,
      preprocessing: Preprocessing(
        size: masked.model.encoder.shape.imageSize, centring: .down, normalization: preparation.patches.normalization),
      maskRatio: masked.ratio, normalizesPatches: masked.normalizesPatches)
  }
}

/// Pictures without anything else.
struct PicturePreparation: SamplePreparation {
  let patches: PatchedViews

  func callAsFunction(_ draw: Draw) throws -> [Float] { try patches(draw.sample, draw.generator) }

  func batch(_ items: [[Float]]) -> Batch { Batch(views: [patches.tensor(items)]) }
}
