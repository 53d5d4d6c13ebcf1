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
