import Files
import Images
import JSON
import ModelFolders
import Objectives
import Tensors
import Testing
import Training

/// Runs that start from a model.
@Suite(.serialized) struct StartTests {
  private func recipe(from start: String = "") -> Recipe {
    var recipe = Recipe()
    recipe.start = start
    recipe.steps = 2
    recipe.batchSize = 4
    recipe.joint.model.imageSize = 16
    recipe.joint.model.vision.width = 12
    recipe.joint.model.vision.depth = 1
    recipe.joint.model.text.width = 12
    recipe.joint.model.text.depth = 1
    recipe.joint.model.vocabulary = 600
    recipe.joint.model.embedding = 8
    recipe.data.tokenizerCaptions = 200
    return recipe
  }

  private func train(_ recipe: Recipe, _ folder: String, resumes: Bool = false) throws {
    let run = try TrainingRun(recipe, folder: folder, resumes: resumes)
    while try run.advance() != nil {}
    try run.save()
  }

  private func scratch(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/diptych-start-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(folder) }
    try body(folder)
  }

  @Test func weightsAndTokenizerAreTaken() throws {
    try scratch { folder in
      let (first, second) = (join(folder, "first"), join(folder, "second"))
      try train(recipe(), first)
      // At a rate of zero nothing moves.
      var still = recipe(from: first)
      still.optimizer.learningRate = 0
      still.seed = 7
      do {
        // Killed before its first step: it knows where it began.
        _ = try TrainingRun(still, folder: second, resumes: false)
        still.start = ""
      }
      try train(still, second, resumes: true)
      for name in ["model.safetensors", "vocab.json", "merges.txt", "config.json"] {
        #expect(try readFile(join(first, name)) == readFile(join(second, name)), "\(name)")
      }
      #expect(try readText(join(second, "recipe.json5")).contains(first))
    }
  }

  /// A pretrained model takes changes of low rank, which begin with none: at a rate of zero it is saved as it was.
  @Test func lowRankChangesStandBesideItsWeights() throws {
    try scratch { folder in
      let (first, second) = (join(folder, "first"), join(folder, "second"))
      try train(recipe(), first)
      var still = recipe(from: first)
      still.optimizer.learningRate = 0
      still.joint.lora.rank = 2
      try train(still, second)
      #expect(try readFile(join(first, "model.safetensors")) == readFile(join(second, "model.safetensors")))
    }
  }

  @Test func sizesAreThoseOfTheModel() throws {
    try scratch { folder in
      let (first, second) = (join(folder, "first"), join(folder, "second"))
      try train(recipe(), first)
      var like = Recipe()
      (like.start, like.steps, like.batchSize) = (first, 2, 4)
      like.joint.model.isLikeStart = true
      like.data.augmentation = "decode|random_crop(image_size)|normalize(clip)"
      try train(like, second)
      let resolved = try RecipeFile(path: join(second, "recipe.json5")).read(as: Recipe.self)
      #expect(resolved.joint.model.imageSize == 16 && resolved.joint.model.text.width == 12)
      #expect(!resolved.joint.model.isLikeStart)
      // Once the run has a model of its own, the other one is not asked.
      try remove(first)
      like.steps = 3
      try train(like, second, resumes: true)
    }
  }

  /// A model goes on seeing pictures as it always did, unless the recipe says otherwise; and so do those who use it.
  @Test func statisticsAreThoseOfTheModel() throws {
    try scratch { folder in
      let first = join(folder, "first")
      try train(recipe(), first)
      let path = join(first, "preprocessor_config.json")
      let own =
        ["image_processor_type": "SiglipImageProcessor", "size": ["height": 16, "width": 16], "resample": 2]
        as JSONValue
      try writeFile(path, own.text().dropLast() + ", \"image_mean\": [0.1, 0.2, 0.3], \"image_std\": [0.5, 0.6, 0.7]}")
      let before = try JointModel.preprocessing(of: first)
      #expect(before.normalization == Normalization(mean: [0.1, 0.2, 0.3], deviation: [0.5, 0.6, 0.7]))

      for (name, line) in [("asked", "decode|random_crop(image_size)|normalize(model)"), ("silent", "")] {
        var like = recipe(from: first)
        like.data.augmentation = line
        let other = join(folder, name)
        do {
          let run = try TrainingRun(like, folder: other, resumes: false)
          #expect(
            run.notes.count == 1 && run.notes[0].hasPrefix("pictures are normalized as \(first) has it: red: 0.1"))
        }
        // Killed before its first step, it goes on as it began.
        let resolved = try RecipeFile(path: join(other, "recipe.json5")).read(as: Recipe.self)
        #expect(resolved.data.augmentation.contains("red: 0.1"))
        try train(resolved, other, resumes: true)
        #expect(try JointModel.preprocessing(of: other) == before)
        var longer = resolved
        longer.steps = 3
        try train(longer, other, resumes: true)
        #expect(try JointModel.preprocessing(of: other) == before)
      }
      var explicit = recipe(from: first)
      explicit.data.augmentation = "decode|random_crop(image_size)|normalize(clip)"
      let run = try TrainingRun(explicit, folder: join(folder, "explicit"), resumes: false)
      #expect(run.notes.count == 1 && run.notes[0].hasPrefix("pictures are normalized by clip, as the recipe says"))
      var lost = recipe()
      lost.data.augmentation = "decode|random_crop(image_size)|normalize(model)"
      #expect(throws: RunError.noStatistics) { try TrainingRun(lost, folder: join(folder, "lost"), resumes: false) }
      // What a model has by default needs no words.
      try remove(path)
      #expect(try TrainingRun(recipe(from: first), folder: join(folder, "plain"), resumes: false).notes == [])
      let open = join(folder, "open")
      try JointModel(first).write(as: .openCLIP, to: open)
      let notes = try TrainingRun(recipe(from: open), folder: join(folder, "opened"), resumes: false).notes
      #expect(notes == [ModelFormat.openCLIP.loss(in: .huggingFace)])
    }
  }

  @Test func otherSizesAreToldWithTheWordsThatHelp() throws {
    try scratch { folder in
      let first = join(folder, "first")
      try train(recipe(), first)
      var other = recipe(from: first)
      other.joint.model.vision.width = 24
      other.joint.model.text.heads = 2
      other.joint.model.pooling = .mean
      let error = #expect(throws: RunError.self) { try train(other, join(folder, "second")) }
      #expect(
        "\(try #require(error))".hasSuffix(
          "--set model.vision.width=12 --set model.text.heads=3 --set model.pooling=class_token"))
      #expect(throws: (any Error).self) { try train(recipe(from: join(folder, "nowhere")), join(folder, "third")) }
    }
  }
}
