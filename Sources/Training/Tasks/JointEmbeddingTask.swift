import Augmentation
import Datasets
import Encoders
import Files
import Images
import ModelFolders
import Objectives
import Patching
import Tensors
import Text

/// Joint embeddings of pictures and texts: CLIP and SigLIP.
struct JointEmbeddingTask: TrainingTask {
  let preparation: PairPreparation
  var objective: any Objective { joint }

  private let joint: JointEmbedding
  private let tokenizer: Tokenizer
  private let preprocessing: Preprocessing

  init(_ context: TaskContext) throws {
    let recipe = context.recipe
    let (sizes, settings) = (recipe.joint.model, recipe.joint.objective)
    tokenizer =
      try context.start.map { try JointModel($0, towers: .text).handOverTokenizer(to: context.folder) }
      ?? Self.tokenizer(context)
    let end = tokenizer.endToken.map { TextPooling.first(id: $0) } ?? .largestId
    let shape = sizes.shape(
      method: recipe.method, vocabulary: tokenizer.vocabularySize, endOfText: recipe.method == .siglip ? .last : end)
    var generator = Generator(recipe.seed, Stream.weights)
    joint = JointEmbedding(
      CLIP(shape, &generator), loss: shape.loss, labelSmoothing: settings.labelSmoothing,
      patchDropout: settings.patchDropout)
    if recipe.joint.lora.rank > 0 {
      joint.model.attachLoRA(rank: recipe.joint.lora.rank, alpha: recipe.joint.lora.alpha, &generator)
    }
    let gentle = Self.gentle("\(sizes.imageSize)", .named(.clip))
    preparation = PairPreparation(
      patches: PatchedViews(
        views: try recipe.data.views(otherwise: gentle, side: sizes.imageSize),
        grid: PatchGrid(size: sizes.imageSize, patch: sizes.patchSize), decoding: recipe.data.decoding),
      tokenizer: tokenizer, context: sizes.context)
    preprocessing = try Self.preprocessing(context, preparation.patches.normalization)
  }

  /// Captions speak of places and colours, so that a joint embedding's pictures are left almost as they are.
  static func gentle(_ side: String, _ statistics: Step.Statistics) -> String {
    "decode|random_crop(\(side), scale: 0.9...1)|normalize(\(statistics))"
  }

  /// What is done to pictures where the model is used: as the model that the run began with has it, and as CLIP has it
  /// elsewhere; but normalized as in training.
  private static func preprocessing(_ context: TaskContext, _ normalization: Normalization) throws -> Preprocessing {
    let size = context.recipe.joint.model.imageSize
    var result = Preprocessing(size: size)
    if let start = context.start {
      result = try JointModel.preprocessing(of: start)
    } else if context.isResumed, let own = try? JointModel.preprocessing(of: context.folder) {
      result = own
    }
    // What Hugging Face's processors cannot do.
    if case .longest = result.fit { result.fit = .shortest(size) }
    result.centring = .down
    result.normalization = normalization
    return result
  }

  /// Takes the weights of a model's folder of the same sizes.
  func start(from model: String) throws { try JointModel(model).handOverWeights(to: joint.model) }

  /// The model as `transformers.CLIPModel` reads it.
  func writeModel(to folder: String) throws {
    try joint.model.withMergedLoRA {
      try writeCLIPFolder(
        joint.model, to: folder, preprocessing: preprocessing, endOfText: tokenizer.endToken)
    }
    try tokenizer.write(to: folder)
  }

  /// The run's tokenizer, or one that is trained on the captions of the set.
  private static func tokenizer(_ context: TaskContext) throws -> Tokenizer {
    let (recipe, data, folder) = (context.recipe, context.data, context.folder)
    if context.isResumed { return try Tokenizer(folder: folder) }
    // Every sample has its turn in the same order, so that the tokenizer is a function of recipe and data.
    var captions: [String] = []
    var problem: String?
    for index in 0..<data.count where captions.count < recipe.data.tokenizerCaptions {
      if context.isStopped() { throw RunError.stopped(folder) }
      do {
        captions += try data.captions(at: index)
      } catch {
        if problem == nil { problem = "\(BadSample("sample \(index)", because: error))" }
      }
    }
    guard !captions.isEmpty else { throw RunError.noCaptions(recipe.data.set, why: problem) }
    let tokenizer = try BytePairTraining.tokenizer(
      captions: captions, vocabularySize: recipe.joint.model.vocabulary, contextLength: recipe.joint.model.context)
    try tokenizer.write(to: folder)
    return tokenizer
  }
}
