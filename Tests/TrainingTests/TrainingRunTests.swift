import Files
import JSON
import Objectives
import Tensors
import Testing
import Training

@Suite(.serialized) struct TrainingRunTests {
  private func recipe(steps: Int) -> Recipe {
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

  private func scratch(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/diptych-run-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(folder) }
    try body(folder)
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
          try finish(TrainingRun(recipe(steps: 9), folder: whole, resumes: false))
          try finish(TrainingRun(recipe(steps: 9), folder: parts, resumes: false), after: 4)
          try finish(TrainingRun(recipe(steps: 9), folder: parts, resumes: true), after: 1)
          try finish(TrainingRun(recipe(steps: 9), folder: parts, resumes: true))
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
        try finish(TrainingRun(recipe(steps: 8), folder: whole, resumes: false))
        do {
          let run = try TrainingRun(recipe(steps: 8), folder: parts, resumes: false)
          for _ in 0..<5 { _ = try run.advance() }
        }
        let run = try TrainingRun(recipe(steps: 8), folder: parts, resumes: true)
        #expect(run.firstStep == 3)
        try finish(run)
        #expect(try readFile(join(whole, "model.safetensors")) == readFile(join(parts, "model.safetensors")))
      }
    }
  }

  @Test func aFolderIsNotTakenTwice() throws {
    try scratch { folder in
      let run = try TrainingRun(recipe(steps: 2), folder: folder, resumes: false)
      #expect(throws: RunInUse.self) { try TrainingRun(self.recipe(steps: 2), folder: folder, resumes: true) }
      try finish(run)
      #expect(throws: RunError.exists(folder)) {
        try TrainingRun(self.recipe(steps: 2), folder: folder, resumes: false)
      }
    }
  }

  /// A checkpoint that was half written when the process died is not one.
  @Test func halfWrittenCheckpointsAreIgnored() throws {
    try scratch { folder in
      try finish(TrainingRun(recipe(steps: 6), folder: folder, resumes: false), after: 3)
      try makeFolder(join(folder, "checkpoints/.partial-6"))
      try writeFile(join(folder, "checkpoints/.partial-6/state.safetensors"), "half")
      try makeFolder(join(folder, "checkpoints/step-6"))
      let run = try TrainingRun(recipe(steps: 6), folder: folder, resumes: true)
      #expect(run.firstStep == 3)
      #expect(kind(of: join(folder, "checkpoints/.partial-6")) == .absent)
      try finish(run)
    }
  }

  @Test func stepsThatAreNotFiniteChangeNothing() throws {
    try scratch { folder in
      let run = try TrainingRun(recipe(steps: 20), folder: folder, resumes: false)
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
}
