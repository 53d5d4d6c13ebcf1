import Files
import Tensors
import TestSupport
import Testing
import Training

/// Runs of methods with more state than weights: momentum encoders, memory banks and the statistics of batch norms.
@Suite(.serialized) struct TwoViewRunTests {
  private func recipe(_ method: TwoViewRecipe.Method) -> Recipe {
    var recipe = Recipe()
    recipe.method = .twoView(method)
    (recipe.steps, recipe.batchSize) = (9, 8)
    recipe.data.augmentation = "2 * decode|random_crop(8)|flip|jitter(0.4, p: 0.8)|normalize(half)"
    recipe.twoView.model.imageSize = 8
    recipe.twoView.model.baseWidth = 2
    let head = HeadRecipe.tiny
    // Two batches and a half: the bank's end falls into the middle of a batch.
    recipe.twoView.moco.bank = 20
    (recipe.twoView.moco.momentum, recipe.twoView.byol.momentum) = (0.9, 0.9)
    (recipe.twoView.moco.projector, recipe.twoView.byol.projector, recipe.twoView.byol.predictor) = (head, head, head)
    (recipe.twoView.mocoV3.projector, recipe.twoView.mocoV3.predictor) = (head, head)
    (recipe.twoView.simsiam.projector, recipe.twoView.simsiam.predictor) = (head, head)
    (recipe.twoView.barlowTwins.projector, recipe.twoView.vicreg.projector) = (head, head)
    (recipe.optimizer.warmup, recipe.checkpoint.every, recipe.monitor.snapshots) = (2, 3, 0)
    return recipe
  }

  private func finish(_ run: TrainingRun, after steps: Int = .max) throws -> TrainingRun {
    var taken = 0
    while taken < steps, try run.advance() != nil { taken += 1 }
    try run.save()
    return run
  }

  private func state(_ run: TrainingRun) -> [String: [Float]] {
    let objective = run.trainer.objective
    let all =
      objective.parameters.map { ($0.name, $0.parameter.value.values) }
      + objective.buffers.map { ($0.name, $0.buffer.value.values) }
    return Dictionary(uniqueKeysWithValues: all)
  }

  /// A momentum encoder knows whom it follows, and does not hold that one's parameters: they would be trained twice.
  @Test(arguments: TwoViewRecipe.Method.allCases) func everyParameterIsTrainedOnce(method: TwoViewRecipe.Method) throws
  {
    let folder = try ScratchFolder(inMemory: true)
    let run = try TrainingRun(recipe(method), folder: folder("run"), resumes: false)
    let objective = run.trainer.objective
    #expect(Set(objective.parameters.map { ObjectIdentifier($0.parameter) }).count == objective.parameters.count)
    #expect(Set(objective.buffers.map { ObjectIdentifier($0.buffer) }).count == objective.buffers.count)
    let trained = run.trainer.optimizer.entries
    #expect(Set(trained.map { ObjectIdentifier($0.parameter) }).count == trained.count)
  }

  @Test(arguments: [TwoViewRecipe.Method.moco, .byol]) func resumedRunsEqualUninterruptedOnes(
    method: TwoViewRecipe.Method
  ) throws {
    let (whole, parts) = (try ScratchFolder(inMemory: true), try ScratchFolder(inMemory: true))
    let recipe = recipe(method)
    let start: [String: [Float]]
    let expected: [String: [Float]]
    do {
      let run = try TrainingRun(recipe, folder: whole("run"), resumes: false)
      start = state(run)
      expected = state(try finish(run))
    }
    _ = try finish(TrainingRun(recipe, folder: parts("run"), resumes: false), after: 4)
    do {
      // Killed two steps after it was saved.
      let run = try TrainingRun(recipe, folder: parts("run"), resumes: true)
      for _ in 0..<2 { _ = try run.advance() }
    }
    let resumed = try finish(TrainingRun(recipe, folder: parts("run"), resumes: true))
    #expect(resumed.firstStep == 6)
    let found = state(resumed)
    #expect(Set(found.keys) == Set(expected.keys))
    for (name, values) in expected {
      #expect(found[name] == values, "\(name)")
      // What a checkpoint forgot would be as at the start.
      #expect(start[name] != values, "\(name) has not moved, and proves nothing")
    }
    for file in ["model.safetensors", "heads.safetensors", "checkpoints/step-9/state.safetensors"] {
      #expect(try readFile(whole("run/\(file)")) == readFile(parts("run/\(file)")), "\(file)")
    }
    #expect(
      expected.keys.contains {
        $0.hasPrefix("target.encoder.backbone") && $0.hasSuffix("runningMean")
      })
    #expect(expected.keys.contains { $0.hasPrefix("target.encoder.projector") && $0.hasSuffix("runningVariance") })
    if method == .moco {
      #expect(expected["bank.next"] == [Float(9 * 8 % 20)] && expected["bank.keys"]?.count == 20 * 8)
    }
  }
}

extension HeadRecipe {
  fileprivate static var tiny: HeadRecipe {
    var head = HeadRecipe()
    (head.hidden, head.output, head.batchNorm) = ([12], 8, .hidden)
    return head
  }
}
