import Datasets
import Files
import Images
import JSON
import Objectives
import Tensors
import TestSupport
import Testing
import Training

@Suite(.serialized) struct TrainingRunTests {
  private func scratch(_ body: (String) throws -> Void) throws {
    let folder = try ScratchFolder(inMemory: true)
    try body(join(folder.path, "run"))
  }

  private func finish(_ run: TrainingRun, after steps: Int = .max) throws {
    var taken = 0
    while taken < steps, try run.advance() != nil { taken += 1 }
    try run.save()
  }

  @Test(arguments: [1, 2]) func resumedRunsEqualUninterruptedOnes(threads: Int) throws {
    try ThreadPool.$current.withValue(ThreadPool(threads: threads)) {
      try scratch { whole in
        try scratch { parts in
          try finish(TrainingRun(tinyRecipe(steps: 9), folder: whole, resumes: false))
          try finish(TrainingRun(tinyRecipe(steps: 9), folder: parts, resumes: false), after: 4)
          try finish(TrainingRun(tinyRecipe(steps: 9), folder: parts, resumes: true), after: 1)
          try finish(TrainingRun(tinyRecipe(steps: 9), folder: parts, resumes: true))
          for file in ["model.safetensors", "checkpoints/step-9/state.safetensors"] {
            #expect(try readFile(join(whole, file)) == readFile(join(parts, file)), "\(file)")
          }
          let lines = try readLines(join(parts, "metrics.jsonl"))
          #expect(try lines.map { try JSONValue(parsing: $0)["step"]?.int } == Array(1...9))
        }
      }
    }
  }

  /// What was done since the last checkpoint is done again, with the same result.
  @Test func unsavedStepsAreRepeated() throws {
    try scratch { whole in
      try scratch { parts in
        try finish(TrainingRun(tinyRecipe(steps: 8), folder: whole, resumes: false))
        do {
          let run = try TrainingRun(tinyRecipe(steps: 8), folder: parts, resumes: false)
          for _ in 0..<5 { _ = try run.advance() }
        }
        let run = try TrainingRun(tinyRecipe(steps: 8), folder: parts, resumes: true)
        #expect(run.firstStep == 3)
        try finish(run)
        #expect(try readFile(join(whole, "model.safetensors")) == readFile(join(parts, "model.safetensors")))
      }
    }
  }

  @Test func aFolderIsNotTakenTwice() throws {
    try scratch { folder in
      let run = try TrainingRun(tinyRecipe(steps: 2), folder: folder, resumes: false)
      #expect(throws: RunInUse.self) { try TrainingRun(tinyRecipe(steps: 2), folder: folder, resumes: true) }
      try finish(run)
      #expect(throws: RunError.exists(folder)) {
        try TrainingRun(tinyRecipe(steps: 2), folder: folder, resumes: false)
      }
    }
  }

  /// A checkpoint that was half written when the process died is not one.
  @Test func halfWrittenCheckpointsAreIgnored() throws {
    try scratch { folder in
      try finish(TrainingRun(tinyRecipe(steps: 6), folder: folder, resumes: false), after: 3)
      try makeFolder(join(folder, "checkpoints/.partial-6"))
      try writeFile(join(folder, "checkpoints/.partial-6/state.safetensors"), "half")
      try makeFolder(join(folder, "checkpoints/step-6"))
      let run = try TrainingRun(tinyRecipe(steps: 6), folder: folder, resumes: true)
      #expect(run.firstStep == 3)
      #expect(kind(of: join(folder, "checkpoints/.partial-6")) == .absent)
      try finish(run)
    }
  }

  @Test func stepsThatAreNotFiniteChangeNothing() throws {
    try scratch { folder in
      let run = try TrainingRun(tinyRecipe(steps: 20), folder: folder, resumes: false)
      _ = try run.advance()
      let parameters = run.trainer.objective.parameters
      guard let poisoned = parameters.first(where: { $0.name.hasSuffix("logitScale") }) else {
        Issue.record("no temperature")
        return
      }
      let good = poisoned.parameter.value
      poisoned.parameter.value = Tensor(.nan)
      let before = parameters.filter { $0.name != poisoned.name }.map(\.parameter.value.values)
      let line = try #require(try run.advance())
      #expect(line.isSkipped)
      #expect(parameters.filter { $0.name != poisoned.name }.map(\.parameter.value.values) == before)
      poisoned.parameter.value = good
      #expect(try run.advance()?.isSkipped == false)
      poisoned.parameter.value = Tensor(.nan)
      #expect(throws: RunError.self) { for _ in 0..<10 { _ = try run.advance() } }
    }
  }

  /// `shapes` has 20,000 scenes: 2,500 batches of 8 an epoch.
  @Test func epochsBecomeSteps() throws {
    try scratch { folder in
      var recipe = tinyRecipe(steps: 7)
      recipe.epochs = 0.002
      recipe.optimizer.warmupEpochs = 0.001
      recipe.optimizer.cooldownEpochs = 0.0004
      let run = try TrainingRun(recipe, folder: folder, resumes: false)
      let batches = try openDataSet("shapes").set.count / 8
      #expect(run.recipe.steps == Int((0.002 * Double(batches)).rounded()))
      #expect(run.recipe.optimizer.warmup == Int((0.001 * Double(batches)).rounded()))
      #expect(run.recipe.optimizer.cooldown == Int((0.0004 * Double(batches)).rounded()))
    }
  }

  /// Samples are prepared by as many threads as the command was given.
  @Test func theLoaderHasTheThreadsOfTheCommand() {
    var recipe = tinyRecipe(steps: 1)
    for threads in [1, 3] {
      ThreadPool.$current.withValue(ThreadPool(threads: threads)) {
        #expect(recipe.loading(folder: "run", position: 0).threads == threads)
      }
    }
    recipe.data.threads = 5
    #expect(recipe.loading(folder: "run", position: 0).threads == 5)
  }

  /// Pictures that are learnt from are no test, unless that is asked for by name: a note says that there is none.
  @Test func accuraciesAreNotMeasuredOnTheTraining() throws {
    let scratch = try ScratchFolder(inMemory: true)
    try writeClasses(scratch, splits: [""], count: 16)
    var views = tinyViews(steps: 2)
    (views.data.set, views.twoView.knn.every) = (scratch("data"), 1)
    var classes = Recipe()
    (classes.method, classes.steps, classes.batchSize, classes.data.set) = (.classify, 2, 8, scratch("data"))
    (classes.classification.model.imageSize, classes.classification.evaluate.every) = (8, 1)
    (classes.classification.model.encoder.tower.width, classes.classification.model.encoder.tower.depth) = (12, 1)
    classes.data.augmentation = "decode|normalize(half)"
    for (recipe, section) in [(views, "knn"), (classes, "evaluate")] {
      let run = try TrainingRun(recipe, folder: scratch("run-\(section)"), resumes: false)
      #expect(run.notes.count == 1 && run.notes[0].hasPrefix("\(section) is left out: "), "\(run.notes)")
      try finish(run)
      let lines = try readLines(scratch("run-\(section)/metrics.jsonl"))
      #expect(lines.count == 2)
      for line in lines { #expect(try JSONValue(parsing: line)[section == "knn" ? "knn" : "test_top1"] == nil) }
    }
    classes.classification.evaluate.split = ""
    try finish(TrainingRun(classes, folder: scratch("asked for"), resumes: false))
  }

  /// A full disk while the loader notes a bad sample, or a task its pictures, ends the run with what is safe.
  @Test func whatTheLoaderCannotWriteEndsTheRunWithWhatIsSafe() throws {
    let scratch = try ScratchFolder(inMemory: true)
    var table = "filepath\ttitle\n"
    for number in 0..<16 {
      let path = scratch("\(number).png")
      try Image(width: 16, height: 16, color: (UInt8(number), 7, 7)).write(path)
      if number % 4 == 0 { try writeFile(path, readFile(path).dropLast(20)) }
      table += "\(number).png\tpicture \(number)\n"
    }
    try writeFile(scratch("captions.tsv"), table)
    var recipe = tinyRecipe(steps: 6)
    (recipe.data.set, recipe.data.maxBad, recipe.checkpoint.every) = (scratch("captions.tsv"), 0.5, 1)
    let run = try TrainingRun(recipe, folder: scratch("run"), resumes: false)
    let error = #expect(throws: RunError.self) {
      try DiskFault.$current.withValue(DiskFault(at: 0)) { while try run.advance() != nil {} }
    }
    guard case .notWritten(_, let step, let why, _) = error else { throw try #require(error) }
    #expect(step == 0 && why.contains("bad-samples.jsonl"))
  }

  /// LiT: the picture tower is locked, the text tower learns; a rule with another state is saved and read too.
  @Test func frozenTowersStayAsTheyAre() throws {
    try scratch { folder in
      var recipe = tinyRecipe(steps: 4)
      recipe.optimizer.rule = .lars
      recipe.optimizer.groups = [group("vision", frozen: true), group("vision.blocks.blocks.0.norm1", frozen: false)]
      let run = try TrainingRun(recipe, folder: folder, resumes: false)
      let start = values(run)
      try finish(run)
      let end = values(run)
      for (name, value) in start {
        let isFrozen = name.hasPrefix("model.vision.") && !name.contains(".norm1.")
        #expect((end[name] == value) == isFrozen, "\(name)")
      }
    }
  }

  private func values(_ run: TrainingRun) -> [String: [Float]] {
    Dictionary(
      uniqueKeysWithValues: run.trainer.objective.parameters.map { ($0.name, $0.parameter.value.values) })
  }

  private func group(_ match: String, frozen: Bool) -> ParameterGroupRecipe {
    var group = ParameterGroupRecipe()
    (group.match, group.frozen) = (match, frozen)
    return group
  }
}
