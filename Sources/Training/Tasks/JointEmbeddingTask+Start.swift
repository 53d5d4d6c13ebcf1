import Encoders
import ModelFolders
import Text

// A joint embedding that goes on learning: Hugging Face's, open_clip's or a run's.

extension JointModel {
  /// Puts the tokenizer into a run's folder and returns it as the run will find it there.
  func handOverTokenizer(to run: String) throws -> Tokenizer {
    try tokenizer.write(to: run)
    return try Tokenizer(folder: run, convention: .huggingFace)
  }

  /// Gives its weights to a model of the same sizes, or throws what the recipe has to say to describe this one.
  func handOverWeights(to model: CLIP) throws {
    let (own, recipe) = (clip.shape, model.shape)
    let settings = own.settings(insteadOf: recipe)
    guard settings.isEmpty else {
      throw RunError.noStart(
        folder,
        "has other sizes than the recipe; describe it with " + settings.map { "--set \($0)" }.joined(separator: " "))
    }
    guard own.text.vocabulary == recipe.text.vocabulary else {
      throw RunError.noStart(
        folder, "its tokenizer has \(recipe.text.vocabulary) tokens and its text tower \(own.text.vocabulary)")
    }
    guard own == recipe.withHabits(of: own) else {
      let habits = own.habits(insteadOf: recipe)
      throw RunError.noStart(
        folder,
        habits.isEmpty
          ? "is put together in a way that recipes have no words for"
          : "has \(habits.joined(separator: ", ")), which recipes have no words for")
    }
    model.takeValues(of: clip)
  }
}

extension CLIPShape {
  /// The recipe's keys with the values of this model, where another one differs.
  fileprivate func settings(insteadOf other: CLIPShape) -> [String] {
    var settings: [String] = []
    func compare<Value: Equatable>(_ key: String, _ value: (CLIPShape) -> Value, _ spelling: (Value) -> String) {
      if value(self) != value(other) { settings.append("\(key)=\(spelling(value(self)))") }
    }
    func compareSize(_ key: String, _ value: (CLIPShape) -> Int) { compare(key, value) { "\($0)" } }
    compare("method", \.loss) { $0 == .softmax ? "clip" : "siglip" }
    compareSize("model.image_size") { $0.vision.imageSize }
    compareSize("model.patch_size") { $0.vision.patchSize }
    compareSize("model.vision.width") { $0.vision.blocks.width }
    compareSize("model.vision.depth") { $0.vision.blocks.depth }
    compareSize("model.vision.heads") { $0.vision.blocks.heads }
    compareSize("model.text.width") { $0.text.blocks.width }
    compareSize("model.text.depth") { $0.text.blocks.depth }
    compareSize("model.text.heads") { $0.text.blocks.heads }
    compareSize("model.context") { $0.text.context }
    compareSize("model.embedding") { $0.embedding }
    compare("model.pooling", \.vision.pooling, \.rawValue)
    compare("model.quick_gelu", { $0.vision.blocks.activation == .quickGelu }, { "\($0)" })
    return settings
  }

  /// What recipes cannot say, where another model has it differently.
  fileprivate func habits(insteadOf other: CLIPShape) -> [String] {
    func habits(_ tower: String, _ own: TransformerShape, _ other: TransformerShape) -> [String] {
      var habits: [String] = []
      if own.hidden != other.hidden {
        habits.append("\(own.hidden) features inside the \(tower) tower's perceptrons and not \(other.hidden)")
      }
      if own.activation != other.activation {
        habits.append("\(own.activation) in the \(tower) tower and not \(other.activation)")
      }
      if own.epsilon != other.epsilon {
        habits.append("norms with an epsilon of \(own.epsilon) in the \(tower) tower and not \(other.epsilon)")
      }
      return habits
    }
    var habits = habits("picture", vision.blocks, other.vision.blocks) + habits("text", text.blocks, other.text.blocks)
    func compare<Value: Equatable>(_ name: String, _ value: (CLIPShape) -> Value) {
      if value(self) != value(other) { habits.append("\(name) \(value(self)) and not \(value(other))") }
    }
    compare("a class token:", \.vision.hasClassToken)
    compare("a norm before the picture tower:", \.vision.hasPreNorm)
    compare("a bias of patches:", \.vision.hasPatchBias)
    compare("a causal text tower:", \.text.isCausal)
    compare("a projection of pictures:", \.visionProjection.rawValue)
    compare("a projection of texts:", \.textProjection.rawValue)
    return habits
  }

  /// The same sizes, with everything that does not change what the model computes as another one has it.
  fileprivate func withHabits(of other: CLIPShape) -> CLIPShape {
    func habits(_ blocks: TransformerShape, of other: TransformerShape) -> TransformerShape {
      var blocks = blocks
      blocks.dropPath = other.dropPath
      blocks.initialization = other.initialization
      blocks.recomputes = other.recomputes
      blocks.firstStream = other.firstStream
      return blocks
    }
    var shape = self
    shape.vision.blocks = habits(vision.blocks, of: other.vision.blocks)
    shape.text.blocks = habits(text.blocks, of: other.text.blocks)
    shape.vision.positionDeviation = other.vision.positionDeviation
    shape.text.positionDeviation = other.text.positionDeviation
    // The end of the text is the last of CLIP's vocabulary.
    let last = TextPooling.first(id: Int32(clamping: text.vocabulary - 1))
    if [text.pooling, other.text.pooling].allSatisfy({ $0 == last || $0 == .largestId }) {
      shape.text.pooling = other.text.pooling
    }
    return shape
  }
}
