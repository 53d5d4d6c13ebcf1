import Files
import Testing
import Training

/// Every recipe of the folder `recipes`.
@Suite struct RecipesTests {
  static let folder = join(parentFolder(parentFolder(parentFolder(#filePath))), "recipes")
  static let names = (try? RecipeFile.names(in: [folder])) ?? []

  @Test func thereAreSome() { #expect(Self.names.contains("shapes-clip")) }

  @Test(arguments: names) func reads(_ name: String) throws {
    let file = try RecipeFile(named: name, in: [Self.folder])
    let recipe = try file.read(as: Recipe.self)
    #expect(!file.summary.isEmpty)
    #expect(file.header.contains { $0.hasPrefix("diptych train \(name) ") }, "no command")
    _ = try recipe.optimizer.optimizer(for: [("model.vision.norm.weight", .init(.zeros([2])))])
  }
}
