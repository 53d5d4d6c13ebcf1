import Encoders
import Patching

/// The keys of a recipe that belong to masked autoencoders: `model`, `objective` and `reconstruct`.
public struct MaskedAutoencoderRecipe: RecipeSection {
  /// Encoder and decoder.
  public var model = MaskedModelRecipe()
  /// What is hidden, and what is guessed.
  public var objective = MaskingRecipe()
  /// Pictures of what it has learnt.
  public var reconstruct = ReconstructRecipe()

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.section("model", &model)
    try coder.section("objective", &objective)
    try coder.section("reconstruct", &reconstruct)
    guard coder.isReading else { return }
    let patches = (model.imageSize / model.patchSize) * (model.imageSize / model.patchSize)
    if PatchMask.visibleCount(of: patches, hiding: objective.maskRatio) == patches {
      throw coder.error("objective", "a mask_ratio of \(objective.maskRatio) hides none of \(patches) patches")
    }
  }
}

/// The sizes of an encoder of pictures.
public struct EncoderRecipe: RecipeSection {
  /// A name of the papers for what follows.
  public var size = Size.custom
  /// Width, depth and heads, where the size is `custom`.
  public var tower = TowerRecipe()

  /// The papers' names.
  public enum Size: String, RecipeValue, CaseIterable, Sendable {
    /// As width, depth and heads say.
    case custom
    /// 192 × 12, 3 heads.
    case tiny
    /// 384 × 12, 6 heads.
    case small
    /// 768 × 12, 12 heads.
    case base
    /// 1024 × 24, 16 heads.
    case large
    /// 1280 × 32, 16 heads.
    case huge
  }

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("size", &size)
    if let named = VisionSize(rawValue: size.rawValue)?.sizes {
      (tower.width, tower.depth, tower.heads) = named
      try tower.code(coder)
      if coder.isReading, (tower.width, tower.depth, tower.heads) != named {
        throw coder.error(
          "size", "\(size.rawValue) is \(named.width) × \(named.depth) with \(named.heads) heads; leave one of them out"
        )
      }
    } else {
      try tower.code(coder)
    }
  }
}

/// The sizes of a masked autoencoder.
public struct MaskedModelRecipe: RecipeSection {
  /// Pixels along a side of a picture.
  public var imageSize = 64
  /// Pixels along a side of a patch.
  public var patchSize = 8
  /// What is kept.
  public var encoder = EncoderRecipe()
  /// What guesses.
  public var decoder = DecoderRecipe()
  /// Whether blocks are run again in the backward pass instead of keeping what they computed.
  public var recomputes = false

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("image_size", &imageSize, in: 1...4096)
    try coder.value("patch_size", &patchSize, in: 1...4096)
    try coder.section("encoder", &encoder)
    try coder.section("decoder", &decoder)
    try coder.value("recompute", &recomputes)
    guard coder.isReading else { return }
    if imageSize % patchSize != 0 {
      throw coder.error("patch_size", "pictures of \(imageSize) pixels do not divide into patches of \(patchSize)")
    }
    for (key, width) in [("encoder", encoder.tower.width), ("decoder", decoder.width)] where width % 4 != 0 {
      throw coder.error(key, "fixed positions need a width that is a multiple of 4, not \(width)")
    }
  }

  /// The model.
  public var shape: MaskedAutoencoderShape {
    let tower = encoder.tower
    var shape = MaskedAutoencoderShape(
      imageSize: imageSize, patchSize: patchSize, width: tower.width, depth: tower.depth, heads: tower.heads,
      decoderWidth: decoder.width, decoderDepth: decoder.depth, decoderHeads: decoder.heads)
    shape.encoder.blocks.dropPath = tower.dropPath
    shape.encoder.blocks.recomputes = recomputes
    shape.decoder.recomputes = recomputes
    return shape
  }
}

/// The sizes of a decoder; the paper's are 512 × 8 with 16 heads for every encoder.
public struct DecoderRecipe: RecipeSection {
  /// Features of a token.
  public var width = 512
  /// Blocks.
  public var depth = 8
  /// Attention heads.
  public var heads = 16

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("width", &width, in: 1...65_536)
    try coder.value("depth", &depth, in: 0...1000)
    try coder.value("heads", &heads, in: 1...1024)
    if coder.isReading, width % heads != 0 {
      throw coder.error("heads", "\(width) features do not divide into \(heads) heads")
    }
  }
}

/// What is hidden, and what is guessed.
public struct MaskingRecipe: RecipeSection {
  /// How patches are chosen.
  public var mask = MaskKind.random
  /// The share that is hidden.
  public var maskRatio = 0.75
  /// Whether each patch is guessed relative to its own mean and deviation.
  public var normalizePatches = true

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("mask", &mask)
    try coder.value("mask_ratio", &maskRatio, in: 0...1)
    try coder.value("normalize_patches", &normalizePatches)
  }
}

extension MaskKind: RecipeValue {}

/// Pictures of what a masked autoencoder has learnt, made while it trains.
public struct ReconstructRecipe: RecipeSection {
  /// Steps between two looks; 0: none.
  public var every = 0
  /// How many pictures.
  public var pictures = 6
  /// The set that they are from; empty: that of the training.
  public var set = ""
  /// The split that they are from; empty: the first.
  public var split = ""

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("every", &every, in: 0...1_000_000_000)
    try coder.value("pictures", &pictures, in: 1...64)
    try coder.value("set", &set)
    try coder.value("split", &split)
  }
}
