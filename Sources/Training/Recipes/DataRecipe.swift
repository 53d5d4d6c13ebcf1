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
  /// Threads that prepare samples; 0: as many as the command has.
  public var threads = 0
  /// Whether pictures are turned as their EXIF data says.
  public var exif = true
  /// Pictures with more pixels are bad samples.
  public var maxPixels = 100_000_000

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
    try coder.value("exif", &exif)
    try coder.value("max_pixels", &maxPixels, in: 1...1 << 40)
  }
}
