import Encoders
import Tensors

/// The keys of a recipe that belong to joint embeddings: `model` and `objective`.
public struct JointEmbeddingRecipe: RecipeSection {
  /// The two towers.
  public var model = JointModelRecipe()
  /// The loss.
  public var objective = ContrastiveRecipe()
  /// Changes of low rank, which are learnt in place of the towers.
  public var lora = LoRARecipe()

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.section("model", &model)
    try coder.section("objective", &objective)
    try coder.section("lora", &lora)
  }
}

/// The towers of a joint embedding.
public struct JointModelRecipe: RecipeSection {
  /// Whether everything below comes from the model that the run starts from, but for what only training knows.
  public var isLikeStart = false
  /// Pixels along a side of a picture.
  public var imageSize = 64
  /// Pixels along a side of a patch.
  public var patchSize = 8
  /// The picture tower.
  public var vision = TowerRecipe()
  /// The text tower.
  public var text = TowerRecipe()
  /// Tokens that the text tower knows; the tokenizer is trained to at most so many.
  public var vocabulary = 4096
  /// Tokens of the longest text.
  public var context = 32
  /// Features of the shared space.
  public var embedding = 128
  /// How the picture tower makes one vector.
  public var pooling = Pooling.classToken
  /// CLIP of OpenAI: x · sigmoid(1.702 x) in place of GELU.
  public var quickGelu = false
  /// Whether blocks are run again in the backward pass instead of keeping what they computed.
  public var recomputes = false
  /// How widely the picture tower's positions start, and the text tower's; 0: as in the papers.
  public var positionDeviations: [Float] = [0, 0]

  /// How the picture tower makes one vector.
  public enum Pooling: String, RecipeValue, CaseIterable, Sendable {
    /// The class token's.
    case classToken = "class_token"
    /// The mean of the patches.
    case mean
    /// A learned query.
    case attention
  }

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("like_init", &isLikeStart)
    try coder.value("image_size", &imageSize, in: 1...4096)
    try coder.value("patch_size", &patchSize, in: 1...4096)
    try coder.section("vision", &vision)
    try coder.section("text", &text)
    try coder.value("vocabulary", &vocabulary, in: 514...1_000_000)
    try coder.value("context", &context, in: 3...4096)
    try coder.value("embedding", &embedding, in: 1...65_536)
    try coder.value("pooling", &pooling)
    try coder.value("quick_gelu", &quickGelu)
    try coder.value("recompute", &recomputes)
    try coder.value("position_deviations", &positionDeviations)
    if coder.isReading, positionDeviations.count != 2 || !positionDeviations.allSatisfy({ (0...10).contains($0) }) {
      throw coder.error("position_deviations", "two numbers from 0 to 10 are needed: the pictures' and the texts'")
    }
    if coder.isReading, imageSize % patchSize != 0 {
      throw coder.error("patch_size", "pictures of \(imageSize) pixels do not divide into patches of \(patchSize)")
    }
  }

  /// The model for a tokenizer.
  public func shape(
    method: Recipe.Method, vocabulary: Int, endOfText: TextPooling
  ) -> CLIPShape {
    let isSigLIP = method == .siglip
    let activation: Activation = quickGelu ? .quickGelu : isSigLIP ? .geluTanh : .gelu
    func blocks(_ tower: TowerRecipe, firstStream: Int) -> TransformerShape {
      TransformerShape(
        width: tower.width, depth: tower.depth, heads: tower.heads, activation: activation,
        epsilon: isSigLIP ? 1e-6 : 1e-5, dropPath: tower.dropPath, recomputes: recomputes, firstStream: firstStream)
    }
    let visionPooling: VisionPooling =
      switch pooling {
      case .classToken: .classToken
      case .mean: .mean
      case .attention: .attention
      }
    var shape = CLIPShape(
      vision: VisionShape(
        imageSize: imageSize, patchSize: patchSize, blocks: blocks(vision, firstStream: 0), pooling: visionPooling,
        hasPreNorm: !isSigLIP, hasPatchBias: isSigLIP),
      text: TextShape(
        vocabulary: vocabulary, context: context, blocks: blocks(text, firstStream: 10_000), pooling: endOfText,
        isCausal: !isSigLIP),
      embedding: embedding, loss: isSigLIP ? .sigmoid : .softmax)
    let deviations = positionDeviations.map { $0 > 0 ? Optional($0) : nil }
    (shape.vision.positionDeviation, shape.text.positionDeviation) = (deviations[0], deviations[1])
    return shape
  }
}

/// The contrastive loss.
public struct ContrastiveRecipe: RecipeSection {
  /// The share of the target that is spread over all pairs.
  public var labelSmoothing: Float = 0
  /// The share of patches that the picture tower does not see.
  public var patchDropout: Float = 0

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("label_smoothing", &labelSmoothing, in: 0...1)
    try coder.value("patch_dropout", &patchDropout, in: 0...0.95)
  }
}

/// Fine-tuning by changes of low rank (Hu et al., 2022): the towers stay as they are, and each linear layer of their blocks
/// learns B A. A saved model has them in its weights.
public struct LoRARecipe: RecipeSection {
  /// The rank of the changes; 0: none, the towers themselves learn.
  public var rank = 0
  /// The changes are scaled by alpha / rank.
  public var alpha: Float = 16

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("rank", &rank, in: 0...4096)
    try coder.value("alpha", &alpha, in: 0...1_000_000)
  }
}
