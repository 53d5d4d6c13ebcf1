import Encoders
import Files
import ModelFolders

extension Recipe {
  /// The recipe with the sizes of the model that it starts from, where it leaves them to that with `model.like_init`.
  ///
  /// `folder`: the run's; once it has saved its own model the other one is needed no more.
  func withSizesOfStart(folder: String) throws -> Recipe {
    guard method == .clip || method == .siglip, joint.model.isLikeStart else { return self }
    let hasModel = kind(of: join(folder, "config.json")) == .file
    guard hasModel || !start.isEmpty else { throw RunError.noSizes }
    let model = hasModel ? folder : start
    var recipe = self
    recipe.joint.model = joint.model.taking(try JointModel.shape(of: model))
    try joint.model.check(against: recipe.joint.model, model)
    return recipe
  }
}

extension JointModelRecipe {
  /// The same with the sizes of a model, and its habits so far as recipes know them.
  fileprivate func taking(_ shape: CLIPShape) -> JointModelRecipe {
    var recipe = self
    recipe.isLikeStart = false
    (recipe.imageSize, recipe.patchSize) = (shape.vision.imageSize, shape.vision.patchSize)
    recipe.vision.take(shape.vision.blocks)
    recipe.text.take(shape.text.blocks)
    (recipe.context, recipe.embedding) = (shape.text.context, shape.embedding)
    recipe.pooling =
      switch shape.vision.pooling {
      case .classToken: .classToken
      case .mean: .mean
      case .attention: .attention
      }
    recipe.quickGelu = shape.vision.blocks.activation == .quickGelu
    return recipe
  }

  /// Throws where the recipe asks for another value than the model has.
  fileprivate func check(against filled: JointModelRecipe, _ model: String) throws {
    let (usual, found) = try (RecipeCoder.write(JointModelRecipe()), RecipeCoder.write(filled))
    for (keys, value) in try RecipeCoder.write(self).leaves where keys != ["like_init"] {
      guard let other = found[keys], value != usual[keys], value != other else { continue }
      let key = (["model"] + keys).joined(separator: ".")
      throw RunError.noStart(
        model, "has \(key)=\(other.text()), and the recipe \(value.text()); leave it out where model.like_init is true")
    }
  }
}

extension TowerRecipe {
  fileprivate mutating func take(_ blocks: TransformerShape) {
    (width, depth, heads) = (blocks.width, blocks.depth, blocks.heads)
  }
}
