import JSON
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
  /// How often to go through the data; where it is not 0 it decides how many steps that are.
  public var epochs = 0.0
  /// Samples a step.
  public var batchSize = 256
  /// Samples that go through the model at once; 0: all of the batch. Contrastive losses still compare the whole batch;
  /// batch norms see a micro-batch only.
  public var microBatch = 0
  /// A model's folder or a run that weights and tokenizer are taken from; empty: weights begin by chance.
  public var start = ""
  /// What it learns from.
  public var data = DataRecipe()
  /// Towers and loss, where the method is a joint embedding.
  public var joint = JointEmbeddingRecipe()
  /// Encoder, decoder and masks, where the method is a masked autoencoder.
  public var masked = MaskedAutoencoderRecipe()
  /// Encoder and loss, where the method is classification.
  public var classification = ClassificationRecipe()
  /// Encoder, heads and loss, where the method compares two views of each picture.
  public var twoView = TwoViewRecipe()
  /// How weights move.
  public var optimizer = OptimizerRecipe()
  /// When the run is saved.
  public var checkpoint = CheckpointRecipe()
  /// When the run is looked at, and what an alarm does.
  public var monitor = MonitorRecipe()

  /// All defaults.
  public init() {}

  /// The methods of self-supervised learning.
  public enum Method: Sendable, Equatable {
    /// A joint embedding of pictures and texts with InfoNCE (Radford et al., 2021).
    case clip
    /// The same with a sigmoid for each pair (Zhai et al., 2023).
    case siglip
    /// A masked autoencoder (He et al., 2022).
    case mae
    /// Classification with labels: fine-tuning and linear probes.
    case classify
    /// Comparisons of two views of each picture.
    case twoView(TwoViewRecipe.Method)
  }

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("method", &method)
    try coder.value("seed", &seed)
    try coder.value("precision", &precision)
    try coder.value("steps", &steps, in: 1...1_000_000_000)
    try coder.value("epochs", &epochs, in: 0...1_000_000)
    try coder.value("batch_size", &batchSize, in: 1...1_000_000)
    if coder.isReading, method == .clip, batchSize == 1 {
      throw coder.error("batch_size", "clip compares the pairs of a batch with each other, and needs 2 at least")
    }
    try coder.value("micro_batch", &microBatch, in: 0...1_000_000)
    try coder.value("init", &start)
    try coder.section("data", &data)
    switch method {
    case .clip, .siglip: try joint.code(coder)
    case .mae: try masked.code(coder)
    case .classify: try classification.code(coder)
    case .twoView(let method): try twoView.code(coder, method)
    }
    try coder.section("optimizer", &optimizer)
    try coder.section("checkpoint", &checkpoint)
    try coder.section("monitor", &monitor)
  }
}

extension Recipe.Method: RecipeValue, RawRepresentable, CaseIterable {
  /// All of them.
  public static let allCases = [Self.clip, .siglip, .mae, .classify] + TwoViewRecipe.Method.allCases.map(Self.twoView)

  /// The method of a name.
  public init?(rawValue: String) {
    guard let method = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = method
  }

  /// Its name in a recipe.
  public var rawValue: String {
    switch self {
    case .clip: "clip"
    case .siglip: "siglip"
    case .mae: "mae"
    case .classify: "classify"
    case .twoView(let method): method.rawValue
    }
  }
}

extension Recipe {
  /// For the keys of some values those of others that decide in their place where they are not 0.
  static let deciding = [
    ["steps"]: ["epochs"], ["optimizer", "warmup"]: ["optimizer", "warmup_epochs"],
    ["optimizer", "cooldown"]: ["optimizer", "cooldown_epochs"],
    ["optimizer", "learning_rate"]: ["optimizer", "base_learning_rate"],
  ]

  /// What people should know of a run that is too short for its warm-up.
  public var warmupNote: String? {
    guard optimizer.warmup >= steps else { return nil }
    return "optimizer.warmup=\(optimizer.warmup) takes all \(steps) steps: the learning rate never gets to "
      + "\(optimizer.learningRate)"
  }

  /// The same recipe with everything in steps that it gives in epochs, for data of so many samples, and with the learning
  /// rate of its batch.
  package func resolved(samples: Int) -> Recipe {
    // What does not fill a batch at an epoch's end is dropped.
    let batches = Double(max(1, samples / batchSize))
    func steps(_ epochs: Double, else given: Int) -> Int {
      epochs > 0 ? Int(min(1e9, max(1, (epochs * batches).rounded()))) : given
    }
    var recipe = self
    recipe.steps = steps(epochs, else: self.steps)
    recipe.optimizer.warmup = steps(optimizer.warmupEpochs, else: optimizer.warmup)
    recipe.optimizer.cooldown = steps(optimizer.cooldownEpochs, else: optimizer.cooldown)
    if optimizer.baseLearningRate > 0 {
      recipe.optimizer.learningRate = optimizer.baseLearningRate * Double(batchSize) / 256
    }
    return recipe
  }
}

extension Precision: RecipeValue {}
