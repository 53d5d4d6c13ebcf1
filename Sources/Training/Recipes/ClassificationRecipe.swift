import Encoders
import Objectives

/// The keys of a recipe that belong to classification: `model`, `objective` and `evaluate`.
public struct ClassificationRecipe: RecipeSection {
  /// The encoder.
  public var model = ClassifierModelRecipe()
  /// The loss.
  public var objective = ClassificationLossRecipe()
  /// How good it is on pictures that it does not learn from.
  public var evaluate = AccuracyRecipe()

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.section("model", &model)
    try coder.section("objective", &objective)
    try coder.section("evaluate", &evaluate)
    guard coder.isReading, objective.probe else { return }
    if model.encoder.tower.dropPath > 0 {
      throw coder.error("model.encoder.drop_path", "a probe leaves the encoder as it is, and drops nothing in it")
    }
  }
}

/// A classifier's encoder, laid out as a masked autoencoder's.
public struct ClassifierModelRecipe: RecipeSection {
  /// Pixels along a side of a picture.
  public var imageSize = 32
  /// Pixels along a side of a patch.
  public var patchSize = 4
  /// The encoder.
  public var encoder = EncoderRecipe()

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("image_size", &imageSize, in: 1...4096)
    try coder.value("patch_size", &patchSize, in: 1...4096)
    try coder.section("encoder", &encoder)
    guard coder.isReading else { return }
    if imageSize % patchSize != 0 {
      throw coder.error("patch_size", "pictures of \(imageSize) pixels do not divide into patches of \(patchSize)")
    }
    if encoder.tower.width % 4 != 0 {
      throw coder.error("encoder", "fixed positions need a width that is a multiple of 4, not \(encoder.tower.width)")
    }
  }

  /// The encoder's shape.
  var shape: VisionShape {
    let tower = encoder.tower
    var shape = MaskedAutoencoderShape(
      imageSize: imageSize, patchSize: patchSize, width: tower.width, depth: tower.depth, heads: tower.heads
    ).encoder
    shape.blocks.dropPath = tower.dropPath
    return shape
  }
}

/// The loss of a classification.
public struct ClassificationLossRecipe: RecipeSection {
  /// Whether the encoder stays as it is and only a linear classifier behind a batch norm is trained.
  public var probe = false
  /// The share of the target that is spread over all classes.
  public var labelSmoothing: Float = 0
  /// The parameter of mixup's beta distribution; 0: none.
  public var mixup: Float = 0
  /// The parameter of CutMix's; 0: none.
  public var cutmix: Float = 0

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("probe", &probe)
    try coder.value("label_smoothing", &labelSmoothing, in: 0...1)
    try coder.value("mixup", &mixup, in: 0...100)
    try coder.value("cutmix", &cutmix, in: 0...100)
  }
}

/// How good a classifier is on pictures that it does not learn from.
public struct AccuracyRecipe: RecipeSection {
  /// Steps between two looks, besides the last; 0: none at all.
  public var every = 0
  /// The set; empty: that of the training.
  public var set = ""
  /// The split; empty: the first.
  public var split = "test"

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("every", &every, in: 0...1_000_000_000)
    try coder.value("set", &set)
    try coder.value("split", &split)
  }
}
