/// The arithmetic of matrix products, attention and convolution.
public enum Precision: String, Sendable, CaseIterable {
  /// Single precision throughout.
  case fp32
  /// Products of bfloat16 numbers summed in single precision; parameters, residual streams, statistics and losses stay
  /// single.
  case bf16
}

/// What holds for a whole forward pass: the precision, whether dropout and batch statistics are on, and the random
/// numbers.
public struct Pass: Sendable {
  /// The arithmetic of the large products.
  public var precision = Precision.fp32
  /// Training: dropout drops, batch norm uses the batch's statistics.
  public var isTraining = false
  /// Weights stay as they are from pass to pass: their matrices are brought into the form of products once and kept.
  public var keepsPackedWeights = false
  /// The random numbers of this pass; each layer that needs some takes a stream of its own.
  public var generator = Generator(seed: 0)
  /// Listens to attention layers: called with a layer's packed projection, `[batch, tokens, 3, heads, width]`, and its
  /// mask, once a forward pass.
  public var onAttention: (@Sendable (Tensor, AttentionMask) -> Void)?
  /// A block is being run for the second time, in the backward pass: it must repeat, not count again.
  public internal(set) var isRecomputing = false

  /// The pass that runs now.
  @TaskLocal public static var current = Pass()

  /// An evaluation pass in single precision.
  public init(precision: Precision = .fp32, isTraining: Bool = false, generator: Generator = Generator(seed: 0)) {
    self.precision = precision
    self.isTraining = isTraining
    self.generator = generator
  }

  /// Runs `body` in this pass.
  public func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Pass.$current.withValue(self, operation: body)
  }
}
