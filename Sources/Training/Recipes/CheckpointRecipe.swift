/// When a run is saved.
public struct CheckpointRecipe: RecipeSection {
  /// Steps between two checkpoints.
  public var every = 500
  /// How many of the newest stay.
  public var keep = 2
  /// The metric by which one more stays, as `metrics.jsonl` names it, such as `loss`; empty: none.
  public var best = ""
  /// Which value of it is the best.
  public var bestIs = Order.lowest

  /// Which of several values is the best.
  public enum Order: String, RecipeValue, CaseIterable, Sendable {
    /// As of losses.
    case lowest
    /// As of accuracies.
    case highest
  }

  /// All defaults.
  public init() {}

  /// Names every value once.
  public mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("every", &every, in: 1...1_000_000_000)
    try coder.value("keep", &keep, in: 1...1_000_000)
    try coder.value("best", &best)
    try coder.value("best_is", &bestIs)
  }
}
