/// How weights move.
public struct OptimizerRecipe: RecipeSection {
  /// The rule.
  public var rule = Rule.adamw
  /// The highest learning rate.
  public var learningRate = 1e-3
  /// The same for batches of 256: it grows with the batch (Goyal et al., 2017). Where it is not 0 it decides.
  public var baseLearningRate = 0.0
  /// The way down from it.
  public var schedule = LearningRateSchedule.Shape.cosine
  /// Steps up to it.
  public var warmup = 100
  /// The same in epochs; where it is not 0 it decides.
  public var warmupEpochs = 0.0
  /// Steps down to zero at the end.
  public var cooldown = 0
  /// The same in epochs; where it is not 0 it decides.
  public var cooldownEpochs = 0.0
  /// What is left of it at the end, as a share.
  public var finalShare = 0.0
  /// The decay of matrices; gains, biases and single vectors are left alone.
  public var weightDecay: Float = 0.1
  /// Where the weight decay arrives at the end, along half a cosine; `nil`: it stays.
  public var weightDecayEnd: Float?
  /// The decays of Adam's moments: AdamW and LAMB.
  public var betas: [Float] = [0.9, 0.98]
  /// Added to the root of the second moment: AdamW and LAMB.
  public var epsilon: Float = 1e-6
  /// How much of the velocity stays at each step: SGD and LARS.
  public var momentum: Float = 0.9
  /// Where the momentum arrives at the end, along half a cosine; `nil`: it stays.
  public var momentumEnd: Float?
  /// Nesterov's momentum: SGD and LARS.
  public var nesterov = false
  /// The share of a matrix's norm that a step of rate 1 moves it by: LARS.
  public var trust: Float = 0.001
  /// Whether that share is at most the learning rate itself, see ``LARS/onlyShortens``: LARS.
  public var clipTrust = false
  /// The most that the norm of all gradients may be; 0: no limit.
  public var clipNorm = 1.0
  /// How much of a slow average of the weights stays at each step; 0: no average.
  public var averageDecay: Float = 0
  /// The factor on the learning rate from each layer to the one below it.
  public var layerDecay: Float = 1
  /// Parameters that are treated in another way than the rest.
  public var groups: [ParameterGroupRecipe] = []

  /// The rules.
  public enum Rule: String, RecipeValue, CaseIterable, Sendable {
    /// Adam with decoupled weight decay.
    case adamw
    /// Gradient descent with momentum.
    case sgd
    /// The same, scaled layer by layer: large batches of ResNets.
    case lars
    /// Adam, scaled layer by layer: large batches of transformers.
    case lamb

    /// The constants that other rules have and this one does not.
    var constantsOfOthers: Set<String> {
      get throws { try Set(Self.allCases.flatMap { try $0.keys }).subtracting(keys) }
    }

    private var keys: [String] {
      get throws {
        var recipe = OptimizerRecipe()
        recipe.rule = self
        return try RecipeCoder.write(recipe).object?.keys ?? []
      }
    }
  }

  /// All defaults.
  public init() {}

  /// Names every value once. Each rule knows its own constants only.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("rule", &rule)
    try coder.value("learning_rate", &learningRate, in: 0...1000)
    try coder.value("base_learning_rate", &baseLearningRate, in: 0...1000)
    try coder.value("schedule", &schedule)
    try coder.value("warmup", &warmup, in: 0...1_000_000_000)
    try coder.value("warmup_epochs", &warmupEpochs, in: 0...1_000_000)
    try coder.value("cooldown", &cooldown, in: 0...1_000_000_000)
    try coder.value("cooldown_epochs", &cooldownEpochs, in: 0...1_000_000)
    try coder.value("final_share", &finalShare, in: 0...1)
    try coder.value("weight_decay", &weightDecay, in: 0...100)
    try coder.value("weight_decay_end", &weightDecayEnd)
    switch rule {
    case .adamw, .lamb:
      try coder.value("betas", &betas)
      try coder.value("epsilon", &epsilon, in: 0...1)
    case .sgd, .lars:
      try coder.value("momentum", &momentum, in: 0...0.999999)
      try coder.value("momentum_end", &momentumEnd)
      try coder.value("nesterov", &nesterov)
    }
    if rule == .lars {
      try coder.value("trust", &trust, in: 0...1)
      try coder.value("clip_trust", &clipTrust)
    }
    try coder.value("clip_norm", &clipNorm, in: 0...1e9)
    try coder.value("average_decay", &averageDecay, in: 0...0.999999)
    try coder.value("layer_decay", &layerDecay, in: 0...1)
    try coder.sections("groups", &groups)
    if coder.isReading { try check(coder) }
  }

  private func check(_ coder: RecipeCoder) throws {
    if betas.count != 2 || !betas.allSatisfy({ (0..<1).contains($0) }) {
      throw coder.error("betas", "two numbers from 0 to below 1 are needed")
    }
    if let weightDecayEnd, !(0...100).contains(weightDecayEnd) {
      throw coder.error("weight_decay_end", "\(weightDecayEnd) is not in 0...100")
    }
    if let momentumEnd, !(0..<1).contains(momentumEnd) {
      throw coder.error("momentum_end", "\(momentumEnd) is not from 0 to below 1")
    }
  }
}

/// Parameters that are treated in another way than the rest.
public struct ParameterGroupRecipe: RecipeSection, Equatable, Sendable {
  /// A stretch of their path, see ``ParameterPattern``.
  public var match = ""
  /// Multiplies the learning rate.
  public var rateFactor: Float?
  /// The weight decay.
  public var weightDecay: Float?
  /// Whether training leaves them as they are.
  public var frozen: Bool?

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.required("match", &match)
    try coder.value("rate_factor", &rateFactor)
    try coder.value("weight_decay", &weightDecay)
    try coder.value("frozen", &frozen)
    guard coder.isReading else { return }
    if ParameterPattern(match) == nil {
      throw coder.error("match", "\(match.debugDescription) is no part of a path such as vision.blocks.blocks.0...5")
    }
    for (key, value) in [("rate_factor", rateFactor), ("weight_decay", weightDecay)] {
      if let value, !(0...1000).contains(value) { throw coder.error(key, "\(value) is not in 0...1000") }
    }
  }
}
