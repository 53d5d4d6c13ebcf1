import Arguments
import CollapseMonitoring
import Files
import JSON
import Reports
import Tensors
import Training

/// `diptych train RECIPE --out RUN`
enum TrainCommand: Command {
  static let name = "train"
  static let summary = "train a model by a recipe, or go on with a run"
  static let details = """
    RECIPE is a file, or the name of one in the folder recipes: here, or in the clone that diptych was built in. The
    run's folder holds the newest model in Hugging Face's layout, checkpoints, metrics.jsonl and TensorBoard files.
    Ctrl-C saves everything and ends with exit code 130; --resume goes on as if nothing had happened: by the run's own
    recipe, changed by what is given now. RECIPE can be left out then.
    """

  static let recipe = Argument<String?>("RECIPE", "a recipe's name or file", example: "shapes-clip", hint: .path)
  static let out = Argument<String?>("--out RUN", "the run's folder", example: "runs/shapes", hint: .folder)
  static let set = Argument<[String]>(
    "--set KEY=VALUE", "change a value of the recipe (optimizer.warmup=50)")
  static let resume = Argument<Bool>("--resume", "go on with the run in the folder")
  static let steps = Argument<Int?>("--steps N", "how many steps to take in all", check: .range(1...1_000_000_000))
  static let seed = Argument<UInt64?>("--seed N", "decides everything that is left to chance")
  static let precision = Argument<Precision?>("--precision P", "the arithmetic of the large products")
  static let start = Argument<String?>(
    "--init MODEL", "take weights and tokenizer of a model's folder or a run", hint: .folder)
  static let list = Argument<Bool>("--list", "list the recipes, a line each")
  static let json = Argument<Bool>("--json", "print the list as one JSON object a line")
  static let arguments: [any AnyArgument] = [
    recipe, out, set, resume, steps, seed, precision, start, EmbeddingArguments.exif, EmbeddingArguments.maxPixels,
    list, json,
  ]
  static let rules: [ArgumentRule] =
    [.atLeastOne([recipe, resume, list]), .needs(json, [list])]
    + arguments.filter { $0.name != list.name && $0.name != json.name }.map { .atMostOne([list, $0]) }

  static func run(_ given: Given, _ console: Console) throws {
    if given[list] { return try listRecipes(asJSON: given[json], console) }
    guard let folder = given[out] else { throw UsageError("give --out RUN: where the run goes") }
    let named = try given[recipe].map { try RecipeFile(named: $0) }
    let resumed = given[resume] ? try ResumedRecipe(run: folder, named: named) : nil
    guard var file = resumed?.file ?? named else {
      throw UsageError("give RECIPE: \(folder) has none to go on with")
    }
    for assignment in given[set] {
      do { try file.set(assignment) } catch let error as BadAssignment { throw UsageError("\(error)") }
    }
    var recipe = try file.read(as: Recipe.self)
    if let steps = given[steps] { (recipe.steps, recipe.epochs) = (steps, 0) }
    if let seed = given[seed] { recipe.seed = seed }
    if let precision = given[precision] { recipe.precision = precision }
    if let start = given[start] { recipe.start = start }
    if given.has(EmbeddingArguments.exif) { recipe.data.exif = given[EmbeddingArguments.exif] == .on }
    if given.has(EmbeddingArguments.maxPixels) { recipe.data.maxPixels = given[EmbeddingArguments.maxPixels] }

    for line in try resumed?.differences(from: recipe) ?? [] { console.note("\(folder): \(line)") }

    let stop = StopSignal()
    let isNew = kind(of: folder) == .absent
    let (run, events) = try takingBackFolders(to: folder) {
      do {
        let run = try TrainingRun(
          recipe, folder: folder, resumes: given[resume], header: file.resolvedHeader, stop: stop)
        if stop.isRequested { throw Interrupted("stopped by \(stop.name) before the first step") }
        return (run, try EventFile(folder: folder, resumingAfter: given[resume] ? run.firstStep : nil))
      } catch {
        // What could not begin leaves nothing behind.
        if isNew { takeBackRun(folder) }
        if case RunError.stopped = error { throw Interrupted("stopped by \(stop.name) before the first step") }
        throw error
      }
    }
    try train(run, events, until: stop, isQuiet: given[Common.quiet], console)
  }

  private static func train(
    _ run: TrainingRun, _ events: EventFile, until stop: StopSignal, isQuiet: Bool, _ console: Console
  ) throws {
    var line = ProgressLine(isQuiet: isQuiet)
    console.note("\(run.folder): \(run.parameterCount) parameters, from step \(run.firstStep) to \(run.recipe.steps)")
    for note in run.notes { console.note("\(run.folder): \(note)") }
    for note in [run.recipe.layoutNote, run.recipe.warmupNote].compactMap(\.self) {
      console.note("\(run.folder): \(note)")
    }
    let trainedBefore = run.progress.time
    var last: MetricsLine?
    while !stop.isRequested, let step = try run.advance() {
      last = step
      try run.writing {
        try events.add(
          scalars: [
            ("loss", step.loss), ("learning_rate", step.learningRate), ("gradient_norm", step.gradientNorm),
            ("samples_per_s", step.samplesPerSecond),
          ] + step.parts.map { ("loss/\($0.name)", $0.value) }
            + step.health.map { ("health/\($0.name.split(separator: ".").joined(separator: "/"))", $0.value) },
          step: step.step)
        try record(run.news, step.step, run.folder, events)
      }
      if !isQuiet { for alarm in run.news.alarms { line.note(alarm.text) } }
      line.show(
        step: step.step, of: run.recipe.steps, from: run.firstStep, loss: step.loss,
        samplesPerSecond: step.samplesPerSecond,
        health: step.isSkipped ? Health("skipped", .bad) : run.health ?? Health("", .good))
      if let healthy = run.news.rolledBackTo {
        try run.writing { try events.cut(after: healthy) }
        line.note("\(run.folder): went back to step \(healthy) with \(run.trainer.rateFactor) of the learning rate")
      }
    }
    try run.save()
    try run.writing { try events.sync() }
    line.finish()
    if stop.isRequested, run.progress.step < run.recipe.steps {
      throw Interrupted("stopped by \(stop.name) at step \(run.progress.step); everything is saved, --resume goes on")
    }
    if run.badSampleCount > 0 {
      console.note("\(run.folder): \(Self.leftOut(run.badSampleCount)); \(run.folder)/bad-samples.jsonl names them")
    }
    let trained = run.progress.time - trainedBefore
    let loss = last.map { ", loss \(($0.loss * 10_000).rounded() / 10_000)" } ?? ""
    console.note("\(run.folder): done after \(run.progress.step) steps\(loss)")
    if run.monitoringCost > 0, trained > 0 {
      console.note("\(run.folder): monitoring took \(fixed(100 * run.monitoringCost / trained, 2)) % of the time")
    }
  }

  private static func leftOut(_ count: Int) -> String {
    count == 1 ? "one sample could not be used" : "samples could not be used \(count) times"
  }

  /// Distributions and pictures for TensorBoard.
  private static func record(_ news: TrainingRun.News, _ step: Int, _ folder: String, _ events: EventFile) throws {
    for tower in news.look?.reading.towers ?? [] {
      try events.add(
        histogram: "health/\(tower.name)/spread_by_dimension", of: tower.spread.byDimension.map { Float($0) },
        step: step)
      if let spectrum = tower.spectrum {
        try events.add(
          histogram: "health/\(tower.name)/singular_values", of: spectrum.singularValues.map { Float($0) }, step: step)
      }
    }
    guard news.hasSnapshot, let snapshot = try Snapshot(run: folder, step: step) else { return }
    for (name, image) in snapshot.pictures(run: folder) {
      try events.add(
        picture: name, png: image.encodedPNG(), width: image.width, height: image.height, step: step)
    }
  }

  private static func listRecipes(asJSON: Bool, _ console: Console) throws {
    let recipes = try RecipeFile.list()
    guard !recipes.isEmpty else { throw NoRecipes(folders: RecipeFile.folders) }
    for recipe in recipes {
      let line: JSONValue = ["name": .string(recipe.name), "summary": .string(recipe.summary)]
      try console.print(asJSON ? line.text() : "\(recipe.name): \(recipe.summary)")
    }
  }
}

/// A list of recipes that would be empty. It is a failure: who reads the list is better stopped than given nothing.
private struct NoRecipes: UserError {
  let folders: [String]
  var description: String {
    "there are no recipes in \(folders.map(absolutePath).joined(separator: " or ")); go to the folder that holds recipes, "
      + "or give train a recipe's file"
  }
}
