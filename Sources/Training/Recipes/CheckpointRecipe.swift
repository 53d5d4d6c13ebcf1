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
