import Augmentation
import Files
import Images
import ModelFolders

extension Recipe {
  /// What stands in an augmentation for the statistics of the model that a run starts from.
  private static let word = "normalize(model)"

  /// The recipe with the statistics of the model that it starts from, where its augmentation asks for them or says nothing
  /// at all, and what people should know about that.
  ///
  /// `start`: the model; `nil` where the run begins by chance or has its own weights already.
  func withStatistics(of start: String?) throws -> (recipe: Recipe, notes: [String]) {
    let asks = data.augmentation.contains(Self.word)
    guard let start, method == .clip || method == .siglip else {
      if asks { throw RunError.noStatistics }
      return (self, [])
    }
    let own = try JointModel.preprocessing(of: start)
    let statistics = Step.Statistics(own.normalization)
    var recipe = self
    var notes: [String] = []
    if data.augmentation.isEmpty, own.normalization != .clip {
      recipe.data.augmentation = JointEmbeddingTask.gentle("image_size", statistics)
    } else if asks {
      recipe.data.augmentation = data.augmentation.replacing(Self.word, with: "normalize(\(statistics))")
    }
    if recipe.data.augmentation != data.augmentation {
      notes.append("pictures are normalized as \(start) has it: \(statistics)")
    } else {
      let used = try recipe.augmentedNormalization
      if used != own.normalization {
        notes.append(
          "pictures are normalized by \(Step.Statistics(used)), as the recipe says, and \(start) was trained with "
            + "\(statistics); write \(Self.word) to keep that")
      }
    }
    if case .longest = own.fit { notes.append("\(start) pads pictures to squares, and the run's model crops them") }
    if let loss = try ModelFormat(folder: start).loss(in: .huggingFace) { notes.append(loss) }
    return (recipe, notes)
  }

  private var augmentedNormalization: Normalization {
    get throws {
      let side = imageSize
      let usual = JointEmbeddingTask.gentle("\(side)", .named(.clip))
      return try data.views(otherwise: usual, side: side).pipelines[0].normalization
    }
  }
}
