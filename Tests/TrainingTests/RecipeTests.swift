import Files
import JSON
import TestSupport
import Testing
import Training

private enum Kind: String, CaseIterable, RecipeValue { case adamw, lamb }

private struct OptimizerRecipe: RecipeSection, Equatable {
  var kind = Kind.adamw
  var learningRate = 1e-3
  var betas = [0.9, 0.98]
  var clip: Float? = nil

  mutating func code(_ coder: RecipeCoder) throws {
    try coder.value("kind", &kind)
    try coder.value("learning_rate", &learningRate, in: 0...10)
    try coder.value("betas", &betas)
    try coder.value("clip", &clip)
  }
}

private struct View: RecipeSection, Equatable {
  var size = 224
  mutating func code(_ coder: RecipeCoder) throws { try coder.value("size", &size, in: 1...4096) }
}

private struct TinyRecipe: RecipeSection, Equatable {
  var data = ""
  var steps = 100
  var seed: UInt64 = 0
  var optimizer = OptimizerRecipe()
  var teacher: OptimizerRecipe?
  var views = [View()]
  var fast = false

  mutating func code(_ coder: RecipeCoder) throws {
    try coder.required("data", &data)
    try coder.value("steps", &steps, in: 1...1_000_000)
    try coder.value("seed", &seed)
    try coder.section("optimizer", &optimizer)
    try coder.section("teacher", &teacher)
    try coder.sections("views", &views)
    try coder.value("fast", &fast)
    if coder.isReading, fast, steps > 1000 { throw coder.error("fast", "no more than 1000 steps are fast") }
  }
}

/// Values of which one decides in another's place.
@Suite struct DecidingValueTests {
  @Test func whatIsGivenLastCounts() throws {
    let folder = try ScratchFolder(inMemory: true)
    try writeFile(
      folder("r.json5"),
      """
      { epochs: 3, steps: 7, optimizer: { learning_rate: 1, base_learning_rate: 2, warmup_epochs: 1, cooldown_epochs: 2 } }
      """)
    func resolved(_ assignments: String...) throws -> Recipe {
      var file = try RecipeFile(path: folder("r.json5"))
      for assignment in assignments { try file.set(assignment) }
      return try file.read(as: Recipe.self).resolved(samples: 2560)
    }
    #expect(try resolved().steps == 30 && resolved().optimizer.learningRate == 2)
    #expect(try resolved("steps=11").steps == 11)
    #expect(try resolved("steps=11", "epochs=2").steps == 20)
    #expect(try resolved("epochs=2", "steps=11").steps == 11)
    #expect(try resolved("optimizer.learning_rate=0.5").optimizer.learningRate == 0.5)
    #expect(try resolved("optimizer.warmup=5").optimizer.warmup == 5)
    #expect(try resolved("optimizer.cooldown=6").optimizer.cooldown == 6)
    // Without its partner a value is what it was.
    #expect(try resolved("optimizer.warmup=5").optimizer.cooldown == 20)
  }
}

@Suite struct RecipeTests {
  let folder: ScratchFolder
  init() throws {
    folder = try ScratchFolder(inMemory: true)
    try writeFile(
      folder("tiny.json5"),
      """
      // A tiny recipe.
      // diptych train tiny --out runs/tiny
      {
        data: "shapes", // made up
        optimizer: { kind: "lamb", betas: [0.9, 0.999] },
        views: [{ size: 32 }, {}],
      }
      """)
  }

  func recipe(_ sets: String...) throws -> RecipeFile {
    var file = try RecipeFile(named: "tiny", in: [folder.path])
    for set in sets { try file.set(set) }
    return file
  }

  @Test func readsWithDefaults() throws {
    let file = try recipe()
    #expect(file.name == "tiny")
    #expect(file.header == ["A tiny recipe.", "diptych train tiny --out runs/tiny"])
    let tiny = try file.read(as: TinyRecipe.self)
    #expect(tiny.data == "shapes")
    #expect(tiny.steps == 100)
    #expect(tiny.optimizer == OptimizerRecipe(kind: .lamb, learningRate: 1e-3, betas: [0.9, 0.999]))
    #expect(tiny.teacher == nil)
    #expect(tiny.views.map(\.size) == [32, 224])
  }

  @Test func setChangesAnyKey() throws {
    let tiny = try recipe(
      "optimizer.learning_rate=3e-4", "optimizer.betas.1=0.95", "views.1.size=96", "optimizer.kind=adamw",
      "teacher.clip=0.1", "data=a=b", "seed=9223372036854775807", "fast=true"
    ).read(as: TinyRecipe.self)
    #expect(tiny.optimizer == OptimizerRecipe(kind: .adamw, learningRate: 3e-4, betas: [0.9, 0.95]))
    #expect(tiny.views.map(\.size) == [32, 96])
    #expect(tiny.teacher?.clip == 0.1)
    #expect(tiny.seed == 9_223_372_036_854_775_807)
    #expect(tiny.data == "a=b")
    #expect(tiny.fast)
    #expect(try recipe("optimizer={}").read(as: TinyRecipe.self).optimizer == OptimizerRecipe())
  }

  @Test func theResolvedRecipeReadsBackTheSame() throws {
    let tiny = try recipe("optimizer.clip=0.1").read(as: TinyRecipe.self)
    try writeResolvedRecipe(tiny, to: folder("resolved.json5"), header: ["resolved from tiny"])
    let resolved = try RecipeFile(path: folder("resolved.json5"))
    #expect(resolved.header == ["resolved from tiny"])
    #expect(try resolved.read(as: TinyRecipe.self) == tiny)
    #expect(resolved.value.object?.keys == ["data", "steps", "seed", "optimizer", "teacher", "views", "fast"])
    #expect(try readText(folder("resolved.json5")).contains("    clip: 0.1\n"))
  }

  @Test(arguments: [
    ("optimizer.learning_rat=1", "optimizer.learning_rat: unknown key; did you mean learning_rate?"),
    ("optimiser.clip=1", "optimiser: unknown key"),
    ("steps=many", "steps: should be a whole number, and is the text \"many\""),
    ("steps=0", "steps: 0 is not in 1...1000000"),
    ("optimizer.kind=adam", "optimizer.kind: \"adam\" is not known; did you mean adamw?"),
    ("views.0.siz=3", "views[0].siz: unknown key; did you mean size?"), ("views=3", "views: should be a list"),
    ("optimizer=null", "optimizer: should be an object, and is null"),
    ("data=null", "data: should be a text, and is null"),
    ("seed=-1", "seed: should be a whole number from 0"), ("optimizer.clip=1e99", "optimizer.clip: 1e+99 is too large"),
  ]) func mistakes(_ set: String, _ message: String) throws {
    let file = try recipe(set)
    do {
      _ = try file.read(as: TinyRecipe.self)
      Issue.record("accepted")
    } catch {
      #expect("\(error)".hasPrefix("--set \(set): \(message)"), "\(error)")
    }
  }

  /// Only what was given on the command line is blamed on it.
  @Test func mistakesOfTheFileAreTheFiles() throws {
    try writeFile(folder("tiny.json5"), "{ data: 3, steps: 5 }")
    let error = try #require(throws: JSONFieldError.self) { try recipe("steps=7").read(as: TinyRecipe.self) }
    #expect(error.source == folder("tiny.json5") && error.path == "data", "\(error)")
  }

  @Test func anotherRuleBringsItsOwnConstants() throws {
    try writeFile(folder("r.json5"), "{ optimizer: { rule: 'adamw', betas: [0.8, 0.9], epsilon: 1e-4 } }")
    func recipe(_ assignments: String...) throws -> Recipe {
      var file = try RecipeFile(path: folder("r.json5"))
      for assignment in assignments { try file.set(assignment) }
      return try file.read()
    }
    #expect(try recipe("optimizer.rule=lamb").optimizer.betas == [0.8, 0.9])
    #expect(try recipe("optimizer.rule=sgd", "optimizer.momentum=0.5").optimizer.momentum == 0.5)
    #expect(try recipe("optimizer.rule='sgd'").optimizer.rule == .sgd)
    #expect(try recipe("optimizer.trust=0.5", "optimizer.rule=lars").optimizer.trust == 0.5)
    // What was asked for and has no use is not dropped in silence.
    let error = try #require(throws: JSONFieldError.self) { try recipe("optimizer.epsilon=1", "optimizer.rule=sgd") }
    #expect(error.source == "--set optimizer.epsilon=1" && error.path == "optimizer.epsilon", "\(error)")
  }

  @Test(arguments: ["steps", "=3", "a..b=1", ".=1", "views.2.size=1", "views.x=1", "data.x=1", "views=[1,", "data='x"])
  func badAssignments(_ set: String) {
    #expect(throws: (any Error).self) { try recipe(set) }
    do { _ = try recipe(set) } catch { #expect("\(error)".hasPrefix("--set \(set):"), "\(error)") }
  }

  @Test func checksOfSeveralValues() throws {
    #expect(throws: JSONFieldError.self) { try recipe("fast=true", "steps=1001").read(as: TinyRecipe.self) }
    _ = try recipe("fast=true", "steps=1000").read(as: TinyRecipe.self)
  }

  @Test func recipesAreFoundByNameOrPath() throws {
    #expect(try RecipeFile.names(in: [folder.path]) == ["tiny"])
    #expect(try RecipeFile(named: folder("tiny.json5")).name == "tiny")
    #expect(try RecipeFile.list(in: [folder.path]).map(\.summary) == ["A tiny recipe."])
    #expect(throws: UnknownRecipe.self) { try RecipeFile(named: "tniy", in: [folder.path]) }
    do { _ = try RecipeFile(named: "tniy", in: [folder.path]) } catch {
      #expect("\(error)" == "tniy: no such recipe in \(folder.path); did you mean tiny?")
    }
    // The first folder counts, and names are suggested from all of them.
    let second = try ScratchFolder(inMemory: true)
    try writeFile(second("tiny.json5"), "// Another.\n{}")
    try writeFile(second("large.json5"), "// A large one.\n{}")
    let both = [folder.path, folder("absent"), second.path]
    #expect(try RecipeFile.list(in: both).map(\.summary) == ["A large one.", "A tiny recipe."])
    #expect(try RecipeFile(named: "tiny", in: both.reversed()).summary == "Another.")
    let unknown = #expect(throws: UnknownRecipe.self) { try RecipeFile(named: "lrge", in: both) }
    #expect(unknown?.folders == both && unknown?.near == "large")
    try writeFile(folder("list.json5"), "[1]")
    #expect(throws: JSONFieldError.self) { try RecipeFile(path: folder("list.json5")) }
  }
}
