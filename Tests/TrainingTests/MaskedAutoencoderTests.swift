import Files
import Images
import JSON
import ModelFolders
import Tensors
import Testing
import Training

/// Recipes of masked autoencoders and of what follows them.
@Suite struct MaskedAutoencoderTests {
  private static let recipes = join(
    parentFolder(parentFolder(parentFolder(#filePath))), "recipes")

  private func recipe(_ text: String) throws -> Recipe {
    try RecipeCoder.read(Recipe.self, JSONNode(JSONValue(parsing: text, as: .json5), source: "recipe"))
  }

  private func scratch() -> String { "/tmp/diptych-mae-run-\(UInt64.random(in: 0 ... .max))" }

  private static let small = """
    method: "mae", batch_size: 8, precision: "fp32", data: { set: "shapes", augmentation: "decode|normalize(half)" },
    model: { image_size: 16, patch_size: 4, encoder: { width: 16, depth: 2, heads: 2 },
      decoder: { width: 8, depth: 1, heads: 2 } },
    reconstruct: { every: 2, pictures: 2, split: "val" }, checkpoint: { every: 2 },
    """

  @Test func everyRecipeOfTheRepositoryCanBeRead() throws {
    let names = try RecipeFile.names(in: [Self.recipes])
    #expect(
      Set(names).isSuperset(of: ["shapes-mae", "emoji-mae", "cifar-mae", "mae-vit-b16", "mae-finetune", "mae-linear"]))
    for name in names { _ = try RecipeFile(named: name, in: [Self.recipes]).read(as: Recipe.self) }
  }

  @Test func aNameOfThePapersGivesTheSizes() throws {
    let base = try recipe(#"{ method: "mae", model: { encoder: { size: "base", drop_path: 0.1 } } }"#)
    let tower = base.masked.model.encoder.tower
    #expect((tower.width, tower.depth, tower.heads, tower.dropPath) == (768, 12, 12, 0.1))
    #expect(throws: JSONFieldError.self) {
      try recipe(#"{ method: "mae", model: { encoder: { size: "base", width: 192 } } }"#)
    }
  }

  /// He et al., table 8: the rate grows with the batch.
  @Test func theBaseRateIsThatOf256Samples() throws {
    let folder = scratch()
    defer { try? remove(folder) }
    let run = try TrainingRun(
      recipe("{ steps: 2, \(Self.small) optimizer: { base_learning_rate: 1e-3, warmup: 0 } }"), folder: folder,
      resumes: false)
    #expect(run.recipe.optimizer.learningRate == 1e-3 * 8 / 256)
    #expect(run.trainer.schedule.peak == 1e-3 * 8 / 256)
  }

  /// A run that stopped goes on to the same bits, and the strip of pictures has each look once.
  @Test func resumingIsExact() throws {
    let (whole, halves) = (scratch(), scratch())
    defer { for folder in [whole, halves] { try? remove(folder) } }
    func train(_ steps: Int, _ folder: String, resumes: Bool) throws {
      var given = try recipe("{ steps: 6, \(Self.small) }")
      given.steps = 6
      let run = try TrainingRun(given, folder: folder, resumes: resumes)
      while run.progress.step < steps, try run.advance() != nil {}
      try run.save()
    }
    try train(6, whole, resumes: false)
    try train(4, halves, resumes: false)
    try train(6, halves, resumes: true)
    for name in ["model.safetensors", "reconstructions.png", "reconstructions/step-6.png"] {
      #expect(try readFile(join(whole, name)) == readFile(join(halves, name)), "\(name)")
    }
  }

  /// A strip has what the pictures were, though the run was resumed with other looks than it began with.
  @Test func aResumedStripHasItsOriginals() throws {
    let folder = scratch()
    defer { try? remove(folder) }
    var given = try recipe("{ steps: 4, \(Self.small) }")
    given.masked.reconstruct.every = 3
    do {
      let run = try TrainingRun(given, folder: folder, resumes: false)
      for _ in 0..<2 { _ = try run.advance() }
      try run.save()
    }
    #expect(kind(of: join(folder, "reconstructions")) == .absent)
    given.masked.reconstruct.every = 2
    let run = try TrainingRun(given, folder: folder, resumes: true)
    while try run.advance() != nil {}
    for name in ["original", "masked", "step-4"] {
      #expect(kind(of: join(folder, "reconstructions/\(name).png")) == .file, "\(name)")
    }
  }

  /// A classifier starts from a masked autoencoder's encoder; what it writes opens, and is right about what it has learnt.
  @Test func aClassifierStartsFromAnEncoder() throws {
    let folder = scratch()
    defer { try? remove(folder) }
    try makeFolder(folder)
    let data = join(folder, "pictures.bin")
    // Two classes: black and white pictures.
    var pictures: [UInt8] = []
    for sample in 0..<16 {
      pictures.append(UInt8(sample % 2))
      pictures.append(contentsOf: [UInt8](repeating: sample % 2 == 0 ? 0 : 255, count: 3072))
    }
    try writeFile(data, pictures)
    try writeFile(join(folder, "batches.meta.txt"), "black\nwhite\n")
    let sizes = "image_size: 32, patch_size: 8, encoder: { width: 16, depth: 1, heads: 2"
    let pretrained = join(folder, "mae")
    let first = try TrainingRun(
      recipe(
        """
        { method: "mae", steps: 2, batch_size: 8, precision: "fp32", data: { set: "\(data)" },
          model: { \(sizes) }, decoder: { width: 8, depth: 1, heads: 2 } } }
        """), folder: pretrained, resumes: false)
    while try first.advance() != nil {}
    try first.save()

    func classifier(_ more: String, heads: Int = 2) throws -> Recipe {
      try recipe(
        """
        { method: "classify", init: "\(pretrained)", steps: 20, batch_size: 8, precision: "fp32",
          data: { set: "\(data)", augmentation: "decode|normalize(half)" },
          model: { image_size: 32, patch_size: 8, encoder: { width: 16, depth: 1, heads: \(heads) } },
          evaluate: { every: 20, split: "" }, optimizer: { learning_rate: 0.01, warmup: 0 }, \(more) }
        """)
    }
    for (name, more) in [("fine", ""), ("probe", "objective: { probe: true }")] {
      let run = try TrainingRun(classifier(more), folder: join(folder, name), resumes: false)
      var accuracy: Double?
      while let line = try run.advance() { accuracy = line.parts.first { $0.name == "test_top1" }?.value ?? accuracy }
      try run.save()
      #expect(accuracy == 1, "\(name)")
      let opened = try ClassifierModel(join(folder, name))
      #expect(opened.classNames == ["black", "white"])
      for (number, color) in [(UInt8(0)), 255].enumerated() {
        let patches = opened.patches(of: Image(width: 32, height: 32, color: (color, color, color)))
        #expect(opened.logits(patches: Tensor(patches, [1, 16, 192])).argmax().ids == [Int32(number)], "\(name)")
      }
    }
    #expect(throws: RunError.self) {
      try TrainingRun(classifier("", heads: 4), folder: join(folder, "other"), resumes: false)
    }
  }
}
