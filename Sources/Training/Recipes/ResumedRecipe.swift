import Files
import JSON

/// The recipe that a run goes on with: its own, `recipe.json5` in its folder, so that nothing that was once given on the
/// command line has to be given again.
///
/// Elsewhere (open_clip, timm) a run is resumed by giving all its flags once more, and one that is forgotten silently
/// changes it.
public struct ResumedRecipe {
  /// The run's recipe, to be changed as the command line says.
  public let file: RecipeFile
  private let named: RecipeFile?

  /// `nil` where the folder has no recipe yet: the run was killed before it began.
  ///
  /// `named`: the recipe that the command line names, if it names one. It has to be the one that the run began with.
  public init?(run folder: String, named: RecipeFile?) throws {
    let path = join(folder, "recipe.json5")
    guard kind(of: path) == .file else { return nil }
    file = try RecipeFile(path: path)
    self.named = named
    if let named, let origin = file.origin, fileName(origin) != fileName(named.path) {
      throw RunError.otherRecipe(folder, named: named.path, origin: origin)
    }
  }

  /// The model that the run started from; empty where it began by chance.
  var start: String { get throws { try file.read(as: Recipe.self).start } }

  /// What decides what a model computes, whether or not its weights have other shapes then.
  private static let ofModel = ["method", "model", "lora"]
  /// What does not, of that.
  private static let ofTraining = ["recompute", "drop_path"]

  /// What the run's optimizer remembers, and the average of its weights, go on with the run: an error where the recipe
  /// asks for others.
  func optimizerChange(in recipe: Recipe, folder: String) throws -> RunError? {
    let (own, asked) = (try file.read(as: Recipe.self).optimizer, recipe.optimizer)
    if own.rule != asked.rule {
      return .otherOptimizer(folder, key: "optimizer.rule", own: own.rule.rawValue, asked: asked.rule.rawValue)
    }
    guard (own.averageDecay > 0) != (asked.averageDecay > 0) else { return nil }
    return .otherOptimizer(
      folder, key: "optimizer.average_decay", own: "\(own.averageDecay)", asked: "\(asked.averageDecay)")
  }

  /// The first value in which another recipe describes another model than the run's, as an error; `nil` where there is
  /// none.
  func modelChange(in recipe: Recipe, folder: String) throws -> RunError? {
    let own = try RecipeCoder.write(file.read(as: Recipe.self))
    let asked = try RecipeCoder.write(recipe)
    for (keys, value) in own.leaves where Self.ofModel.contains(keys.first ?? "") {
      let other = asked[keys] ?? .null
      if other == value || Self.ofTraining.contains(keys.last ?? "") { continue }
      return .otherModel(folder, key: keys.joined(separator: "."), own: value.text(), asked: other.text())
    }
    return nil
  }

  /// What the recipe that was named says otherwise than the run, a line each; what `resumed`, the recipe with all changes,
  /// has from the command line is left out.
  public func differences(from resumed: Recipe) throws -> [String] {
    guard let named else { return [] }
    let own = try RecipeCoder.write(file.read(as: Recipe.self))
    var recipe = try named.read(as: Recipe.self)
    // A run has the sizes that it took from a model and no wish to take any: nobody has to know of that.
    recipe.joint.model.isLikeStart = false
    let other = try RecipeCoder.write(recipe)
    let new = try RecipeCoder.write(resumed)
    return named.value.leaves.compactMap { keys, _ in
      guard let value = own[keys], let there = other[keys], value != there, new[keys] == value else { return nil }
      let key = keys.joined(separator: ".")
      return "\(key) stays \(value.text()), as the run has it; in \(named.name) it is \(there.text())"
    }
  }
}

extension RecipeFile {
  private static let originMark = "resolved from "

  /// The header of a resolved recipe that was made from this one; of one that is resolved already, its own.
  public var resolvedHeader: [String] { [Self.originMark + (origin ?? path)] }

  /// What a resolved recipe was made from.
  public var origin: String? {
    header.first.flatMap { $0.hasPrefix(Self.originMark) ? String($0.dropFirst(Self.originMark.count)) : nil }
  }
}
