import Encoders
import JSON
import Objectives
import Tensors

/// A whole training, as a person writes it down.
public struct Recipe: RecipeSection {
  /// The method.
  public var method = Method.clip
  /// Decides everything that is left to chance.
  public var seed: UInt64 = 0
  /// The arithmetic of the large products.
  public var precision = Precision.bf16
  /// How many steps to take.
  public var steps = 1000
  /// Samples a step.
  public var batchSize = 256
  /// Samples that go through the model at once; 0: all of the batch. Contrastive losses still compare the whole batch.
  public var microBatch = 0
  /// What it learns from.
  public var data = DataRecipe()
  /// The joint embedding's towers.
  public var model = JointModelRecipe()
  /// The loss.
  public var objective = ContrastiveRecipe()
  /// How weights move.
  public var optimizer = OptimizerRecipe()
  /// When the run is saved.
  public var checkpoint = CheckpointRecipe()

  /// All defaults.
  public init() {}

  /// The methods of self-supervised learning.
  public enum Method: String, RecipeValue, CaseIterable, Sendable {
    /// A joint embedding of pictures and texts with InfoNCE (Radford et al., 2021).
    case clip
    /// The same with a sigmoid for each pair (Zhai et al., 2023).
    case siglip
  }

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("method", &method)
    try coder.value("seed", &seed)
    try coder.value("precision", &precision)
    try coder.value("steps", &steps, in: 1...1_000_000_000)
    try coder.value("batch_size", &batchSize, in: 1...1_000_000)
    try coder.value("micro_batch", &microBatch, in: 0...1_000_000)
    try coder.section("data", &data)
    try coder.section("model", &model)
    try coder.section("objective", &objective)
    try coder.section("optimizer", &optimizer)
    try coder.section("checkpoint", &checkpoint)
  }
}

extension Precision: RecipeValue {}

/// What a model learns from.
public struct DataRecipe: RecipeSection {
  /// A data set's card, or a path.
  public var set = "shapes"
  /// The split; empty: the first.
  public var split = ""
  /// How pictures are changed, as one line.
  public var augmentation = ""
  /// How many captions the tokenizer is trained on, if the model brings none.
  public var tokenizerCaptions = 20_000
  /// How many samples may be bad, as a share.
  public var maxBad = 0.05
  /// Threads that prepare samples; 0: as many as there are cores.
  public var threads = 0

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("set", &set)
    try coder.value("split", &split)
    try coder.value("augmentation", &augmentation)
    try coder.value("tokenizer_captions", &tokenizerCaptions, in: 1...100_000_000)
    try coder.value("max_bad", &maxBad, in: 0...1)
    try coder.value("threads", &threads, in: 0...256)
  }
}

/// The sizes of one tower.
public struct TowerRecipe: RecipeSection {
  /// Features of a token.
  public var width = 192
  /// Blocks.
  public var depth = 6
  /// Attention heads.
  public var heads = 3
  /// Stochastic depth of the last block.
  public var dropPath: Float = 0

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("width", &width, in: 1...65_536)
    try coder.value("depth", &depth, in: 0...1000)
    try coder.value("heads", &heads, in: 1...1024)
    try coder.value("drop_path", &dropPath, in: 0...0.99)
    if coder.isReading, width % heads != 0 {
      throw coder.error("heads", "\(width) features do not divide into \(heads) heads")
    }
  }
}

/// The towers of a joint embedding.
public struct JointModelRecipe: RecipeSection {
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

/// How weights move.
public struct OptimizerRecipe: RecipeSection {
  /// The highest learning rate.
  public var learningRate = 1e-3
  /// The way down from it.
  public var schedule = LearningRateSchedule.Shape.cosine
  /// Steps up to it.
  public var warmup = 100
  /// Steps down to zero at the end.
  public var cooldown = 0
  /// What is left of it at the end, as a share.
  public var finalShare = 0.0
  /// The decay of matrices; gains, biases and single vectors are left alone.
  public var weightDecay: Float = 0.1
  /// The decays of the moments.
  public var betas: [Float] = [0.9, 0.98]
  /// Added to the root of the second moment.
  public var epsilon: Float = 1e-6
  /// The most that the norm of all gradients may be; 0: no limit.
  public var clipNorm = 1.0
  /// How much of a slow average of the weights stays at each step; 0: no average.
  public var averageDecay: Float = 0

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("learning_rate", &learningRate, in: 0...1000)
    try coder.value("schedule", &schedule)
    try coder.value("warmup", &warmup, in: 0...1_000_000_000)
    try coder.value("cooldown", &cooldown, in: 0...1_000_000_000)
    try coder.value("final_share", &finalShare, in: 0...1)
    try coder.value("weight_decay", &weightDecay, in: 0...100)
    try coder.value("betas", &betas)
    try coder.value("epsilon", &epsilon, in: 0...1)
    try coder.value("clip_norm", &clipNorm, in: 0...1e9)
    try coder.value("average_decay", &averageDecay, in: 0...0.999999)
    if coder.isReading, betas.count != 2 || !betas.allSatisfy({ (0..<1).contains($0) }) {
      throw coder.error("betas", "two numbers from 0 to below 1 are needed")
    }
  }
}

/// When a run is saved.
public struct CheckpointRecipe: RecipeSection {
  /// Steps between two checkpoints.
  public var every = 500
  /// How many of the newest stay.
  public var keep = 2

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("every", &every, in: 1...1_000_000_000)
    try coder.value("keep", &keep, in: 1...1_000_000)
  }
}
