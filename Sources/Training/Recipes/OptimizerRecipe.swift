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
