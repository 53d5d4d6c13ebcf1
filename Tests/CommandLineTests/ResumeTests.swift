import Files
import Glibc
import JSON
import TestSupport
import Testing

/// What a run goes on with: its own recipe, not what the command line leaves out.
@Suite(.serialized) struct ResumeTests {
  let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder(inMemory: true)
    for (name, seed) in [("tiny", 0), ("other", 1)] {
      try writeFile(
        folder("\(name).json5"),
        """
        { steps: 4, seed: \(seed), batch_size: 16, precision: "bf16",
          data: { set: "shapes", tokenizer_captions: 200, threads: 1 },
          model: { image_size: 16, patch_size: 8, vocabulary: 600, embedding: 8,
            vision: { width: 12, depth: 1, heads: 1 }, text: { width: 12, depth: 1, heads: 1 } },
          checkpoint: { every: 2 } }
        """)
    }
  }

  private func train(_ words: String...) throws -> Outcome {
    try Executable.run(["train"] + words, in: folder.path)
  }

  private func weights(_ run: String) throws -> [UInt8] { try readFile(folder("\(run)/model.safetensors")) }

  @Test func nothingHasToBeGivenAgain() throws {
    let given = [
      "--seed", "7", "--precision", "fp32", "--set", "optimizer.learning_rate=3e-4", "--set", "batch_size=8",
    ]
    func begin(_ run: String, steps: String) throws {
      let words = ["train", "tiny.json5", "--out", run, "--steps", steps] + given
      #expect(try Executable.run(words, in: folder.path).code == 0)
    }
    try begin("whole", steps: "4")
    for run in ["named", "unnamed"] { try begin(run, steps: "2") }

    let named = try train("tiny.json5", "--out", "named", "--resume", "--steps", "4")
    #expect(named.code == 0)
    #expect(named.errors.contains("named: batch_size stays 8, as the run has it; in tiny it is 16\n"))
    #expect(named.errors.contains("named: seed stays 7, as the run has it; in tiny it is 0\n"))
    #expect(!named.errors.contains("steps stays"))
    let unnamed = try train("--out", "unnamed", "--resume", "--steps", "4")
    #expect(unnamed.code == 0)
    #expect(!unnamed.errors.contains("stays"))
    for run in ["named", "unnamed"] {
      #expect(try weights(run) == weights("whole"))
      #expect(try readFile(folder("\(run)/recipe.json5")) == readFile(folder("whole/recipe.json5")))
    }
  }

  /// Refused, or killed before its first step, a run has its recipe and nothing that another would destroy.
  @Test func aRunThatDidNotBeginCanBeResumedAndReplaced() throws {
    #expect(try train("tiny.json5", "--out", "whole").code == 0)
    for run in ["resumed", "replaced"] {
      try makeFolder(folder(run))
      let refused = try train("other.json5", "--out", run, "--set", "seed=0", "--set", "data.set=absent")
      #expect(refused.code == 1, "\(refused)")
    }
    let resumed = try train("--resume", "--out", "resumed", "--set", "data.set=shapes")
    #expect(resumed.code == 0, "\(resumed)")
    #expect(try train("tiny.json5", "--out", "replaced").code == 0)
    for run in ["resumed", "replaced"] { #expect(try weights(run) == weights("whole")) }
    #expect(try train("tiny.json5", "--out", "replaced").isOneLine(1, containing: "replaced: holds a run already"))
  }

  @Test func aRecipeThatWasLostCanBeGivenAgain() throws {
    #expect(try train("tiny.json5", "--out", "whole").code == 0)
    #expect(try train("tiny.json5", "--out", "run", "--steps", "2").code == 0)
    try remove(folder("run/recipe.json5"))
    #expect(try train("--resume", "--out", "run").isOneLine(2, containing: "give RECIPE"))
    #expect(try train("tiny.json5", "--out", "run").code == 1)
    #expect(try train("tiny.json5", "--resume", "--out", "run").code == 0)
    #expect(try weights("run") == weights("whole"))
  }

  @Test func samplesThatAreLeftOutAreMentioned() throws {
    let drawn = ["data", "inspect", "shapes", "--number", "4", "--out", "a.png", "--quiet"]
    #expect(try Executable.run(drawn, in: folder.path).code == 0)
    let rows = (0..<12).map { $0 == 7 ? "none.png\tnothing" : "\($0).png\tshape \($0)" }
    for i in 0..<12 where i != 7 { try writeFile(folder("\(i).png"), readFile(folder("a.png"))) }
    try writeFile(folder("t.tsv"), (["filepath\ttitle"] + rows).joined(separator: "\n") + "\n")
    let outcome = try train(
      "tiny.json5", "--out", "run", "--set", "data.set=t.tsv", "--set", "data.max_bad=1", "--set", "batch_size=4",
      "--set", "steps=12")
    #expect(outcome.code == 0, "\(outcome)")
    #expect(outcome.errors.contains("could not be used"), "\(outcome)")
  }

  @Test func whatIsGivenChangesTheRun() throws {
    #expect(try train("tiny.json5", "--out", "run", "--steps", "2").code == 0)
    let outcome = try train("--out", "run", "--resume", "--set", "optimizer.learning_rate=3e-4", "--steps", "3")
    #expect(outcome.code == 0)
    let recipe = try String(decoding: readFile(folder("run/recipe.json5")), as: UTF8.self)
    #expect(recipe.contains("\"learning_rate\": 0.0003") || recipe.contains("learning_rate: 0.0003"))
    #expect(recipe.hasPrefix("// resolved from tiny.json5\n"))
  }

  /// The weights would have the same shapes and mean nothing; how they are trained may change.
  @Test func theModelStaysWhatItIs() throws {
    let made = try train(
      "tiny.json5", "--out", "run", "--steps", "2", "--set", "lora.rank=2", "--set", "model.text.heads=2")
    #expect(made.code == 0, "\(made)")
    let before = try weights("run")
    for (key, own, asked) in [
      ("model.vision.heads", "1", "4"), ("model.text.heads", "2", "3"), ("model.vocabulary", "600", "700"),
      ("model.quick_gelu", "false", "true"), ("model.pooling", "\"class_token\"", "\"mean\""),
      ("lora.alpha", "16", "32"), ("model.vision.width", "12", "24"),
    ] {
      let outcome = try train("--out", "run", "--resume", "--steps", "3", "--set", "\(key)=\(asked)")
      #expect(outcome.isOneLine(1, containing: "run: was trained with \(key)=\(own)"), "\(outcome)")
    }
    #expect(try weights("run") == before)
    let trained = try train(
      "--out", "run", "--resume", "--steps", "3", "--set", "model.vision.drop_path=0.1", "--set", "model.recompute=true"
    )
    #expect(trained.code == 0, "\(trained)")
  }

  @Test func whatCouldNotBeginLeavesNoFolders() throws {
    let outcome = try train("tiny.json5", "--out", "a/b/run", "--set", "data.set=absent")
    #expect(outcome.isOneLine(1, containing: "absent") && kind(of: folder("a")) == .absent, "\(outcome)")
  }

  /// A run that was killed before its first checkpoint does all its steps again: TensorBoard shows each of them once.
  @Test func eventsOfStepsThatAreDoneAgainAreCutOff() throws {
    let words = ["tiny.json5", "--steps", "3", "--set", "checkpoint.every=100", "--set", "monitor.snapshots=0"]
    for run in ["whole", "killed"] {
      #expect(try Executable.run(["train", "--out", run] + words, in: folder.path).code == 0)
    }
    func events(_ run: String) throws -> [UInt8] {
      let names = try namesInFolder(folder(run)).filter { $0.hasPrefix("events.out.tfevents.") }
      #expect(names.count == 1)
      return try readFile(folder(join(run, names.first ?? "")))
    }
    func steps(_ run: String) throws -> [Int] {
      try readLines(folder("\(run)/metrics.jsonl")).compactMap { try JSONValue(parsing: $0)["step"]?.int }
    }
    // As it was before it had saved anything, with a record that was torn.
    for name in try namesInFolder(folder("killed")) {
      if name.hasSuffix(".safetensors") || name == "config.json" || name == "preprocessor_config.json" {
        try remove(folder("killed/\(name)"))
      }
    }
    for name in try namesInFolder(folder("killed/checkpoints")) { try remove(folder("killed/checkpoints/\(name)")) }
    let file = try #require(namesInFolder(folder("killed")).first { $0.hasPrefix("events.") })
    let before = try events("killed")
    try writeFile(folder("killed/\(file)"), before.dropLast(7))
    #expect(try train("--out", "killed", "--resume").code == 0)
    #expect(try events("killed").count == events("whole").count && before.count == events("whole").count)
    #expect(try steps("killed") == [1, 2, 3])
    #expect(try weights("killed") == weights("whole"))
  }

  /// Who asks to stop while pictures are waited for does not wait for the rest of a batch.
  @Test func aStopIsHeardBetweenPictures() throws {
    let slow = "decode|resize(2000)|blur(sigma: 5...10)|resize(16)|center_crop(16)"
    let process = try Executable.start(
      ["train", "tiny.json5", "--out", "run", "--set", "batch_size=400", "--set", "data.augmentation=\(slow)"]
        + ["--set", "monitor.snapshots=0"], in: folder.path)
    for _ in 0..<400 where kind(of: folder("run/metrics.jsonl")) == .absent { usleep(25_000) }
    usleep(200_000)
    let start = ContinuousClock.now
    kill(process, SIGTERM)
    #expect(Executable.wait(for: process) == 130)
    #expect(ContinuousClock.now - start < .seconds(3))
    let errors = try readText(folder(".err"))
    #expect(errors.contains("stopped by SIGTERM"), "\(errors)")
    #expect(kind(of: folder("run/recipe.json5")) == .file)
  }

  @Test func fewerStepsThanWereDoneAreAnError() throws {
    #expect(try train("tiny.json5", "--out", "run").code == 0)
    let before = try readFile(folder("run/recipe.json5"))
    let fewer = try train("--out", "run", "--resume", "--steps", "3")
    #expect(fewer.isOneLine(1, containing: "run: has done 4 steps already, and 3 in all are asked for"), "\(fewer)")
    #expect(try readFile(folder("run/recipe.json5")) == before)
    // As many are no mistake: a script that goes on where it was may find nothing left to do.
    #expect(try train("--out", "run", "--resume", "--steps", "4").code == 0)
  }

  @Test func aModelIsNotReplacedWhereItsCheckpointsAreGone() throws {
    #expect(try train("tiny.json5", "--out", "run").code == 0)
    let before = try weights("run")
    try remove(folder("run/checkpoints"))
    let outcome = try train("--out", "run", "--resume", "--steps", "6")
    #expect(outcome.isOneLine(1, containing: "run: its model was trained, but its checkpoints are gone"), "\(outcome)")
    #expect(try weights("run") == before)
  }

  /// The sizes that were taken from the first model are the run's: a recipe that says so says nothing else.
  @Test func sizesThatWereTakenAreNoDifference() throws {
    #expect(try train("tiny.json5", "--out", "first").code == 0)
    try writeFile(
      folder("like.json5"),
      "{ steps: 2, batch_size: 16, data: { set: \"shapes\", threads: 1 }, model: { like_init: true } }")
    #expect(try train("like.json5", "--out", "run", "--init", "first").code == 0)
    let outcome = try train("like.json5", "--out", "run", "--resume", "--steps", "3")
    #expect(outcome.code == 0 && !outcome.errors.contains("stays"), "\(outcome)")
    // The same once more is no mistake; another one would change nothing.
    #expect(try train("--out", "run", "--resume", "--init", "./first").code == 0)
    let other = try train("--out", "run", "--resume", "--init", "second")
    #expect(other.isOneLine(1, containing: "first and has its own weights now; leave --init out"), "\(other)")
    let chance = try train("--out", "first", "--resume", "--init", "run")
    #expect(chance.isOneLine(1, containing: "first: began by chance"), "\(chance)")
  }

  @Test func anotherRecipeIsAnError() throws {
    #expect(try train("tiny.json5", "--out", "run").code == 0)
    let outcome = try train("other.json5", "--out", "run", "--resume")
    #expect(outcome.isOneLine(1, containing: "run: began with tiny.json5, not with other.json5"))
    #expect(try train("--out", "none", "--resume").isOneLine(2, containing: "give RECIPE"))
  }

  @Test(arguments: [true, false]) func modelsOfOthersAreNotOverwritten(resumes: Bool) throws {
    #expect(try train("tiny.json5", "--out", "run").code == 0)
    for name in ["recipe.json5", "checkpoints"] { try remove(folder("run/\(name)")) }
    let before = try weights("run")
    let outcome = try Executable.run(
      ["train", "tiny.json5", "--out", "run"] + (resumes ? ["--resume"] : []), in: folder.path)
    #expect(outcome.isOneLine(1, containing: "run: holds a model that is no run (config.json)"))
    #expect(try weights("run") == before)
  }
}
