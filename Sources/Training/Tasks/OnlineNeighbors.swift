import Datasets
import Encoders
import Files
import Images
import ModelFolders
import Retrieval
import Tensors

/// Tries out an encoder while it trains: pictures of one split are classified by their nearest neighbours in another.
struct OnlineNeighbors {
  private let training: any DataSet
  private let test: any DataSet
  private let recipe: OnlineNeighborsRecipe
  private let preprocessing: Preprocessing
  private let stepsBetween: Int
  private let total: Int
  private let decoding: DecodeOptions

  /// `nil` where the recipe does not ask for it.
  init?(_ context: TaskContext, _ preprocessing: Preprocessing) throws {
    let recipe = context.recipe
    guard recipe.twoView.knn.every > 0 else { return nil }
    self.recipe = recipe.twoView.knn
    self.preprocessing = preprocessing
    total = recipe.steps
    decoding = recipe.data.decoding
    stepsBetween = max(1, context.data.count / recipe.batchSize) * recipe.twoView.knn.every
    var options = DataOptions()
    options.split = self.recipe.split
    options.side = preprocessing.width
    training = SomeSamples(of: context.data, most: self.recipe.most)
    test = SomeSamples(of: try context.test(recipe.data.set, options, section: "knn"), most: self.recipe.most)
  }

  /// Every few epochs, and at the end.
  func isDue(afterStep step: Int) -> Bool { step % stepsBetween == 0 || step == total }

  /// The share of the pictures that is classified right.
  func accuracy(of backbone: Backbone) throws -> Double {
    let embedder = PictureEmbedder(model: PictureModel(backbone, preprocessing: preprocessing))
    let (known, asked) = (
      try embedder.features(of: training, decoding), try embedder.features(of: test, decoding)
    )
    guard !known.labels.isEmpty, !asked.labels.isEmpty else { throw RunError.noLabels(recipe.split) }
    let classifier = NearestNeighbors(known.rows, labels: known.labels, temperature: recipe.temperature)
    let guesses = try classifier.guesses(asked.rows, neighbors: [recipe.neighbors])[0]
    return Accuracy(guesses: guesses, labels: asked.labels).top1
  }
}

/// An encoder as evaluations use it.
private struct PictureEmbedder: Embedder, @unchecked Sendable {
  // Parameters can change and so are not Sendable; while it is in use, weights and statistics are only read.
  let model: PictureModel
  let identity = ModelIdentity(path: "", fingerprint: ModelFingerprint(vision: nil, text: nil))
  var width: Int { model.backbone.features }

  func prepare(_ image: Image) -> [Float] { model.pixels(of: image) }

  func embed(prepared: [[Float]]) -> Embeddings {
    let features = model.embed(pixels: prepared)
    return Embeddings(count: prepared.count, width: width) { _ = $0.update(fromContentsOf: features.floatBuffer) }
      .normalized()
  }

  func embed(texts: [String]) -> Embeddings { Embeddings([], width: width) }

  /// Features and classes of a set's labelled pictures; what cannot be read is left out, as training has named it already.
  func features(of set: any DataSet, _ decoding: DecodeOptions) throws -> (rows: Embeddings, labels: [Int]) {
    var (parts, labels) = ([Embeddings](), [Int]())
    var stream = PictureStream()
    stream.batch = 256
    stream.decoding = decoding
    _ = try stream.forEach(of: set, for: self) { samples in
      let usable = samples.filter { $0.label != nil && $0.content != nil }
      labels += usable.compactMap(\.label)
      if !usable.isEmpty { parts.append(embed(prepared: usable.map(\.values))) }
    }
    return (Embeddings(joining: parts, width: width), labels)
  }
}

/// Some samples of a set, evenly over all of it: it may be sorted by class.
private struct SomeSamples: DataSet {
  let whole: any DataSet
  let count: Int

  init(of whole: any DataSet, most: Int) {
    self.whole = whole
    count = min(whole.count, most)
  }

  var classNames: [String] { whole.classNames }
  func sample(at index: Int) throws -> Sample { try whole.sample(at: index * whole.count / max(1, count)) }
}
