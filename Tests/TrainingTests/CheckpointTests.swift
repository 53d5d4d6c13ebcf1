import Files
import Glibc
import Images
import JSON
import Tensors
import TestSupport
import Testing
import Training

@Suite(.serialized) struct CheckpointTests {
  private func finish(_ run: TrainingRun) throws {
    while try run.advance() != nil {}
    try run.save()
  }

  /// The disk is full from any moment of saving on: the run ends with a line that says what is safe, and goes on from
  /// there to the same weights once there is room.
  @Test func aFullDiskAtEveryWriteLeavesThePreviousCheckpoint() throws {
    var recipe = tinyRecipe(steps: 4)
    recipe.checkpoint.every = 2
    let whole = try ScratchFolder(inMemory: true)
    try finish(TrainingRun(recipe, folder: whole.path, resumes: false))
    let expected = try readFile(whole("model.safetensors"))
    var moments = 0
    while true {
      let folder = try ScratchFolder(inMemory: true)
      let fault = DiskFault(at: moments, code: moments % 2 == 0 ? ENOSPC : EDQUOT)
      do {
        let run = try TrainingRun(recipe, folder: folder.path, resumes: false)
        for _ in 0..<3 { _ = try run.advance() }
        try DiskFault.$current.withValue(fault) { _ = try run.advance() }
      } catch let error as RunError {
        guard case .notWritten(_, let step, _, let saved) = error else { throw error }
        #expect(step == 4)
        // The last moments come after the new checkpoint has its name.
        #expect(saved == 2)
        #expect(
          "\(error)".hasSuffix("the state of step \(saved) is saved and whole; --resume goes on once there is room"))
      }
      if !fault.hasStruck { break }
      let run = try TrainingRun(recipe, folder: folder.path, resumes: true)
      #expect(run.firstStep >= 2, "moment \(moments)")
      try finish(run)
      #expect(try readFile(folder("model.safetensors")) == expected, "moment \(moments)")
      #expect(try filesBelow(folder.path).filter { $0.contains("partial") } == [], "moment \(moments)")
      moments += 1
    }
    #expect(moments > 20)
  }

  @Test func theNewestAndTheBestStay() throws {
    let folder = try ScratchFolder(inMemory: true)
    var recipe = tinyRecipe(steps: 12)
    recipe.checkpoint.every = 2
    recipe.checkpoint.keep = 2
    recipe.checkpoint.best = "loss"
    // Ever larger steps make the loss rise again.
    recipe.checkpoint.bestIs = .highest
    try finish(TrainingRun(recipe, folder: folder.path, resumes: false))
    let losses = try readLines(folder("metrics.jsonl")).map { try JSONValue(parsing: $0)["loss"]?.double ?? 0 }
    let means = stride(from: 0, to: 12, by: 2).map { (losses[$0] + losses[$0 + 1]) / 2 }
    let best = try #require(means.indices.max { means[$0] < means[$1] }) * 2 + 2
    let checkpoints = CheckpointFolder(run: folder.path)
    #expect(try checkpoints.best(recipe.checkpoint) == best)
    #expect(try Set(checkpoints.steps()) == [10, 12, best])
  }

  @Test func anInterruptionDoesNotDecideWhichCheckpointIsTheBest() throws {
    let folder = try ScratchFolder(inMemory: true)
    var recipe = tinyRecipe(steps: 9)
    (recipe.checkpoint.every, recipe.checkpoint.keep, recipe.checkpoint.best) = (3, 9, "loss")
    try finish(TrainingRun(recipe, folder: folder("whole"), resumes: false))
    do {
      let run = try TrainingRun(recipe, folder: folder("parts"), resumes: false)
      for _ in 0..<4 { _ = try run.advance() }
      try run.save()
    }
    try finish(TrainingRun(recipe, folder: folder("parts"), resumes: true))
    func metrics(_ name: String) throws -> [Int: Double] {
      var found: [Int: Double] = [:]
      for step in try CheckpointFolder(run: folder(name)).steps() {
        let progress = try JSONValue(parsing: readText(folder("\(name)/checkpoints/step-\(step)/progress.json")))
        found[step] = progress["metric"]?.double
      }
      return found
    }
    #expect(try metrics("whole").keys.sorted() == [3, 6, 9])
    #expect(try metrics("parts") == metrics("whole"))
  }

  @Test func aMetricThatIsNotMeasuredIsAnError() throws {
    let folder = try ScratchFolder(inMemory: true)
    var recipe = tinyRecipe(steps: 12)
    recipe.checkpoint.best = "lss"
    recipe.checkpoint.every = 2
    let run = try TrainingRun(recipe, folder: folder.path, resumes: false)
    let error = try #require(throws: RunError.self) { try finish(run) }
    guard case .noSuchMetric("lss", let known) = error else { throw error }
    #expect(Set(known).isSuperset(of: ["loss", "temperature", "image.rank"]))
    #expect("\(error)".hasSuffix("did you mean loss?"))
    // As soon as that is sure, and not only when the run ends.
    #expect(run.progress.step == 2)
    #expect(try CheckpointFolder(run: folder.path).steps() == [2])
  }

  /// A run that is over before its first checkpoint is due says so, too, and is saved.
  @Test func aShortRunSaysThatAMetricIsNotMeasured() throws {
    let folder = try ScratchFolder(inMemory: true)
    var recipe = tinyRecipe(steps: 3)
    recipe.checkpoint.best = "lss"
    let error = try #require(throws: RunError.self) {
      try finish(TrainingRun(recipe, folder: folder.path, resumes: false))
    }
    guard case .noSuchMetric("lss", _) = error else { throw error }
    #expect(try CheckpointFolder(run: folder.path).steps() == [3])
  }

  /// Values of another metric say nothing about the one that a resumed run chooses by.
  @Test func onlyValuesOfOneMetricAreCompared() throws {
    let folder = try ScratchFolder(inMemory: true)
    var recipe = tinyRecipe(steps: 4)
    (recipe.checkpoint.every, recipe.checkpoint.keep, recipe.checkpoint.best) = (2, 1, "loss")
    try finish(TrainingRun(recipe, folder: folder.path, resumes: false))
    recipe.steps = 8
    (recipe.checkpoint.best, recipe.checkpoint.bestIs) = ("temperature", .highest)
    try finish(TrainingRun(recipe, folder: folder.path, resumes: true))
    // The losses of the first four steps are far above any temperature of the last four.
    let best = try #require(try CheckpointFolder(run: folder.path).best(recipe.checkpoint))
    #expect(best > 4)
    #expect(try CheckpointFolder(run: folder.path).steps() == Set([best, 8]).sorted())
  }

  @Test func whatTheOptimizerRemembersIsNotForAnother() throws {
    let folder = try ScratchFolder(inMemory: true)
    let recipe = tinyRecipe(steps: 2)
    try finish(TrainingRun(recipe, folder: folder.path, resumes: false))
    for (key, change) in [
      ("optimizer.rule", { $0.rule = .sgd }), ("optimizer.average_decay", { $0.averageDecay = 0 }),
    ] as [(String, (inout OptimizerRecipe) -> Void)] {
      var other = recipe
      other.steps = 4
      change(&other.optimizer)
      let error = try #require(throws: RunError.self) {
        try TrainingRun(other, folder: folder.path, resumes: true)
      }
      #expect("\(error)".contains("was trained with \(key)="), "\(error)")
    }
    var frozen = recipe
    frozen.optimizer.groups = [group("model")]
    #expect(throws: RunError.nothingLearns) {
      try TrainingRun(frozen, folder: folder("frozen"), resumes: false)
    }
  }

  private func group(_ match: String) -> ParameterGroupRecipe {
    var group = ParameterGroupRecipe()
    (group.match, group.frozen) = (match, true)
    return group
  }

  /// Most metrics are not measured at every step, and some of them for the first time after many a checkpoint.
  @Test(arguments: ["image.rank", "knn"]) func theBestIsKeptByWhatIsMeasuredNowAndThen(metric: String) throws {
    let folder = try ScratchFolder(inMemory: true)
    var recipe = tinyRecipe(steps: 9)
    recipe.monitor.every = 4
    if metric == "knn" {
      recipe = tinyViews(steps: 9)
      (recipe.twoView.knn.every, recipe.twoView.knn.most) = (1, 20)
      recipe.data.set = folder("data")
      try writeClasses(folder, splits: ["train", "test"], count: 48)
    }
    (recipe.checkpoint.every, recipe.checkpoint.keep, recipe.checkpoint.best) = (2, 1, metric)
    recipe.checkpoint.bestIs = .highest
    try finish(TrainingRun(recipe, folder: folder("run"), resumes: false))
    let best = try #require(try CheckpointFolder(run: folder("run")).best(recipe.checkpoint))
    // Looks are after steps 1, 4 and 8; neighbours are asked after an epoch of six steps and at the end.
    #expect((metric == "knn" ? [6, 9] : [2, 4, 8]).contains(best))
    recipe.steps = 14
    try finish(TrainingRun(recipe, folder: folder("run"), resumes: true))
  }

  /// Checkpoints that were removed by hand: what was trained is not begun anew over its own model.
  @Test func anEmptiedFolderOfCheckpointsIsNotABeginning() throws {
    let folder = try ScratchFolder(inMemory: true)
    let recipe = tinyRecipe(steps: 4)
    try finish(TrainingRun(recipe, folder: folder.path, resumes: false))
    let model = try readFile(folder("model.safetensors"))
    for step in [3, 4] { try remove(folder("checkpoints/step-\(step)")) }
    #expect(throws: RunError.lostCheckpoints(folder.path)) {
      try TrainingRun(recipe, folder: folder.path, resumes: true)
    }
    #expect(try readFile(folder("model.safetensors")) == model)
  }

  /// A run that was killed between its first model and its first checkpoint has lost nothing.
  @Test func aFirstCheckpointThatWasNotWrittenIsABeginning() throws {
    let folder = try ScratchFolder(inMemory: true)
    do {
      let run = try TrainingRun(tinyRecipe(steps: 4), folder: folder.path, resumes: false)
      for _ in 0..<3 { _ = try run.advance() }
    }
    try remove(folder("checkpoints/step-3"))
    #expect(try TrainingRun(tinyRecipe(steps: 4), folder: folder.path, resumes: true).firstStep == 0)
  }

  /// Weights that are not finite never get into a checkpoint, and after ten void steps the last good state is saved.
  @Test func onlyFiniteStatesAreSaved() throws {
    let folder = try ScratchFolder(inMemory: true)
    let recipe = tinyRecipe(steps: 40)
    let run = try TrainingRun(recipe, folder: folder.path, resumes: false)
    for _ in 0..<4 { _ = try run.advance() }
    let poisoned = try #require(run.trainer.objective.parameters.first { $0.name.hasSuffix("logitScale") }).parameter
    let good = poisoned.value
    poisoned.value = Tensor(.nan)
    #expect(throws: RunError.self) { try run.save() }
    #expect(try CheckpointFolder(run: folder.path).steps() == [3])
    poisoned.value = good
    // A rate beyond all reason: gradients overflow, weights do not change, and what is saved can be gone on with.
    try run.save()
    #expect(try CheckpointFolder(run: folder.path).steps() == [3, 4])
  }

  @Test func theAverageIsAModelToo() throws {
    let folder = try ScratchFolder(inMemory: true)
    let run = try TrainingRun(tinyRecipe(steps: 3), folder: folder.path, resumes: false)
    try finish(run)
    #expect(try readFile(folder("average/model.safetensors")) != readFile(folder("model.safetensors")))
    #expect(try readFile(folder("average/config.json")) == readFile(folder("config.json")))
  }

  /// Where the newest checkpoint is damaged, if only by a bit, the error names the one before; without the damaged one the
  /// run goes on.
  @Test(arguments: ["cut", "bit"]) func aDamagedCheckpointPointsToTheOneBefore(damage: String) throws {
    let folder = try ScratchFolder(inMemory: true)
    let recipe = tinyRecipe(steps: 6)
    try finish(TrainingRun(recipe, folder: folder.path, resumes: false))
    let state = folder("checkpoints/step-6/state.safetensors")
    var bytes = try readFile(state)
    if damage == "cut" { bytes.removeLast(100) } else { bytes[bytes.count - 100] ^= 1 }
    try writeFile(state, bytes)
    let error = #expect(throws: (any Error).self) { try TrainingRun(recipe, folder: folder.path, resumes: true) }
    let damaged = folder("checkpoints/step-6")
    #expect(
      "\(try #require(error))".hasSuffix(
        "step-3 before it is whole: remove \(damaged), and --resume goes on from there"))
    try remove(damaged)
    #expect(try TrainingRun(recipe, folder: folder.path, resumes: true).firstStep == 3)
  }

  @Test(arguments: ["samples", "position", "optimizer_steps", "skipped", "step", "roll_backs"])
  func numbersBeyondAnyRunAreRefused(key: String) throws {
    let folder = try ScratchFolder(inMemory: true)
    let recipe = tinyRecipe(steps: 3)
    try finish(TrainingRun(recipe, folder: folder.path, resumes: false))
    let path = folder("checkpoints/step-3/progress.json")
    var progress = try #require(try JSONValue(file: path).object)
    progress[key] = JSONValue(Int.max)
    try writeFile(path, JSONValue.object(progress).text())
    let error = #expect(throws: (any Error).self) { try TrainingRun(recipe, folder: folder.path, resumes: true) }
    #expect(error is any UserError)
    #expect("\(error as Any)".contains("progress.json: \(key) \(Int.max) is not in 0..."), "\(error as Any)")
    #expect("\(error as Any)".contains("no checkpoint before it is whole"), "\(error as Any)")
  }

  /// Low-rank changes are learnt, the towers are not, and the saved model has both in one.
  @Test func lowRankChangesAreMergedOnSave() throws {
    let (folder, again) = (try ScratchFolder(inMemory: true), try ScratchFolder(inMemory: true))
    var recipe = tinyRecipe(steps: 5)
    recipe.optimizer.averageDecay = 0
    recipe.joint.lora.rank = 2
    let run = try TrainingRun(recipe, folder: folder.path, resumes: false)
    let start = values(run)
    try finish(run)
    let end = values(run)
    #expect(start.keys.contains { $0.hasSuffix("attention.qkv.lora.down") })
    for (name, value) in start {
      let learns = name.contains(".lora.") || name.contains("Projection") || name.hasSuffix("logitScale")
      #expect((end[name] != value) == learns, "\(name)")
    }
    // The same recipe without changes of low rank has the same names of weights in its model.
    recipe.joint.lora.rank = 0
    try finish(TrainingRun(recipe, folder: again.path, resumes: false))
    #expect(try readFile(folder("config.json")) == readFile(again("config.json")))
    #expect(try readFile(folder("model.safetensors")).count == readFile(again("model.safetensors")).count)
  }

  private func values(_ run: TrainingRun) -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: run.trainer.objective.parameters.map { ($0.name, $0.parameter.value.values) })
  }
}

/// A comparison of views that trains in no time.
func tinyViews(steps: Int) -> Recipe {
  var recipe = Recipe()
  recipe.method = .twoView(.simclr)
  (recipe.steps, recipe.batchSize) = (steps, 8)
  recipe.data.augmentation = "2 * decode|random_crop(8)|normalize(half)"
  (recipe.twoView.model.imageSize, recipe.twoView.model.baseWidth) = (8, 2)
  (recipe.twoView.simclr.projector.hidden, recipe.twoView.simclr.projector.output) = ([12], 8)
  (recipe.optimizer.warmup, recipe.monitor.snapshots) = (2, 0)
  return recipe
}

/// Folders of two classes, `data/SPLIT/dark` and `data/SPLIT/light`; without splits, `data/dark` and `data/light`.
func writeClasses(_ folder: ScratchFolder, splits: [String], count: Int) throws {
  for split in splits {
    for number in 0..<count {
      let (place, shade) = number % 2 == 0 ? ("dark", 10 + number) : ("light", 200 + number)
      let path = join(join("data", split), place)
      try makeFolder(folder(path))
      let image = Image(width: 8, height: 8, color: (UInt8(shade), UInt8(number), 9))
      try image.write(folder(join(path, "\(split)\(number).png")))
    }
  }
}

/// A joint embedding that trains in no time.
func tinyRecipe(steps: Int) -> Recipe {
  var recipe = Recipe()
  recipe.steps = steps
  recipe.batchSize = 8
  recipe.joint.model.imageSize = 16
  recipe.joint.model.patchSize = 8
  recipe.joint.model.vision.width = 12
  recipe.joint.model.vision.depth = 1
  recipe.joint.model.text.width = 12
  recipe.joint.model.text.depth = 1
  recipe.joint.model.vocabulary = 600
  recipe.joint.model.embedding = 8
  recipe.optimizer.warmup = 2
  recipe.optimizer.averageDecay = 0.9
  recipe.joint.objective.patchDropout = 0.5
  recipe.checkpoint.every = 3
  recipe.data.tokenizerCaptions = 200
  return recipe
}
