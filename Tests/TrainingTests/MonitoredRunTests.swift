import CollapseMonitoring
import Files
import Images
import JSON
import Testing
import Training

/// What the monitor does to a run and its folder.
@Suite(.serialized) struct MonitoredRunTests {
  private func recipe(steps: Int, rate: Double = 1e-3) -> Recipe {
    var recipe = Recipe()
    (recipe.steps, recipe.batchSize) = (steps, 8)
    recipe.joint.model.imageSize = 16
    recipe.joint.model.patchSize = 8
    (recipe.joint.model.vision.width, recipe.joint.model.vision.depth) = (12, 1)
    (recipe.joint.model.text.width, recipe.joint.model.text.depth) = (12, 1)
    (recipe.joint.model.vocabulary, recipe.joint.model.embedding) = (600, 8)
    (recipe.optimizer.learningRate, recipe.optimizer.warmup) = (rate, 2)
    (recipe.checkpoint.every, recipe.monitor.every, recipe.data.tokenizerCaptions) = (4, 5, 200)
    return recipe
  }

  private func scratch(_ body: (String) throws -> Void) throws {
    let folder = "/tmp/diptych-monitored-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(folder) }
    try body(folder)
  }

  private func finish(_ run: TrainingRun, after steps: Int = .max) throws {
    var taken = 0
    while taken < steps, try run.advance() != nil { taken += 1 }
    try run.save()
  }

  private func lines(_ folder: String, _ name: String) throws -> [JSONValue] {
    try readLines(join(folder, name)).map { try JSONValue(parsing: $0) }
  }

  @Test func aRunTellsItsHealth() throws {
    try scratch { folder in
      let run = try TrainingRun(recipe(steps: 12), folder: folder, resumes: false)
      try finish(run)
      let looks = try lines(folder, "metrics.jsonl").filter { $0["health"] != nil }
      #expect(looks.compactMap { $0["step"]?.int } == [1, 5, 10])
      for key in ["image.rank", "text.spread", "gap", "margin", "of_chance", "attention.entropy", "update_ratio"] {
        #expect(looks.allSatisfy { $0["health"]?[key]?.double?.isFinite == true }, "\(key)")
      }
      #expect(try JSONValue(file: join(folder, "environment.json"))["cores"]?.int ?? 0 > 0)
      #expect(try namesInFolder(join(folder, "snapshots")).contains("step-12.json"))
      let snapshot = try JSONValue(file: join(folder, "snapshots/step-12.json"))
      #expect(snapshot["spectra"]?["image"]?.array?.count == 8 && snapshot["points"]?.array?.count == 128)
      #expect(run.health != nil && run.monitoringCost > 0)
    }
  }

  @Test func nobodyLooksWhereTheRecipeSaysSo() throws {
    try scratch { folder in
      var recipe = recipe(steps: 5)
      recipe.monitor.isOn = false
      let run = try TrainingRun(recipe, folder: folder, resumes: false)
      try finish(run)
      #expect(try lines(folder, "metrics.jsonl").allSatisfy { $0["health"] == nil })
      #expect(run.health == nil && run.monitoringCost == 0)
      #expect(kind(of: join(folder, "snapshots")) == .absent)
    }
  }

  /// Looking changes nothing, and a resumed run says what an uninterrupted one says.
  @Test func resumedRunsRaiseTheSameAlarms() throws {
    func said(_ folder: String) throws -> [JSONValue] {
      // Waiting for data is a matter of the clock.
      try lines(folder, "alarms.jsonl").filter { $0["alarm"]?.string != AlarmKind.dataStarved.rawValue }
        + lines(folder, "metrics.jsonl").compactMap { $0["health"] }
    }
    try scratch { whole in
      try scratch { parts in
        try scratch { unwatched in
          let recipe = recipe(steps: 18, rate: 1)
          try finish(TrainingRun(recipe, folder: whole, resumes: false))
          try finish(TrainingRun(recipe, folder: parts, resumes: false), after: 7)
          do {
            let run = try TrainingRun(recipe, folder: parts, resumes: true)
            for _ in 0..<4 { _ = try run.advance() }
          }
          try finish(TrainingRun(recipe, folder: parts, resumes: true))
          #expect(try said(whole) == said(parts))
          #expect(try said(whole).contains { $0["alarm"]?.string == AlarmKind.learningRate.rawValue })
          var silent = recipe
          silent.monitor.isOn = false
          try finish(TrainingRun(silent, folder: unwatched, resumes: false))
          #expect(try readFile(join(whole, "model.safetensors")) == readFile(join(unwatched, "model.safetensors")))
        }
      }
    }
  }

  @Test func anAlarmStopsTheRun() throws {
    try scratch { folder in
      var recipe = recipe(steps: 30, rate: 1)
      recipe.monitor.onAlarm = .stop
      let run = try TrainingRun(recipe, folder: folder, resumes: false)
      do {
        try finish(run)
        Issue.record("the run went on")
      } catch let error as RunError {
        #expect(error.description.contains("learning_rate_too_high"), "\(error)")
      }
      #expect(run.progress.step < 30)
      #expect(kind(of: join(folder, "checkpoints/step-\(run.progress.step)/progress.json")) == .file)
    }
  }

  @Test func anAlarmRollsTheRunBack() throws {
    try scratch { folder in
      var recipe = recipe(steps: 20, rate: 1)
      recipe.monitor.onAlarm = .rollBack
      recipe.monitor.rateFactor = 0.001
      let run = try TrainingRun(recipe, folder: folder, resumes: false)
      var wentBack: [Int] = []
      let abandoned = join(folder, "snapshots/step-19.json")
      try makeFolder(join(folder, "snapshots"))
      try writeFile(abandoned, "{}")
      while try run.advance() != nil { if let step = run.news.rolledBackTo { wentBack.append(step) } }
      try run.save()
      #expect(kind(of: abandoned) == .absent)
      #expect(wentBack == [0] || wentBack == [4])
      #expect(run.progress.rollBacks == 1 && run.trainer.rateFactor == 0.001 && run.progress.step == 20)
      let metrics = try lines(folder, "metrics.jsonl")
      #expect(metrics.compactMap { $0["step"]?.int } == Array(1...20))
      #expect(metrics.allSatisfy { ($0["lr"]?.double ?? 1) <= 1 })
      #expect(metrics.last?["lr"]?.double ?? 1 < 0.002)
      let alarms = try lines(folder, "alarms.jsonl").compactMap { $0["alarm"]?.string }
      #expect(alarms.contains("learning_rate_too_high") && alarms.contains("rolled_back"))
    }
  }

  /// The disk is full from any moment of going back on: the checkpoint that the run goes back to is there all the time.
  @Test func aFullDiskWhileGoingBackLosesNothing() throws {
    var recipe = recipe(steps: 20, rate: 1)
    recipe.monitor.onAlarm = .rollBack
    recipe.monitor.rateFactor = 0.001
    recipe.checkpoint.keep = 1
    var moments = 0
    while true {
      var isThrough = false
      try scratch { folder in
        let fault = DiskFault(at: moments)
        do {
          let run = try TrainingRun(recipe, folder: folder, resumes: false)
          try DiskFault.$current.withValue(fault) {
            while try run.advance() != nil, run.news.rolledBackTo == nil {}
          }
          #expect(run.news.rolledBackTo != nil)
        } catch let error as RunError {
          guard case .notWritten = error else { throw error }
        }
        isThrough = !fault.hasStruck
        let steps = try CheckpointFolder(run: folder).steps()
        #expect(!steps.isEmpty, "moment \(moments)")
        let run = try TrainingRun(recipe, folder: folder, resumes: true)
        #expect(run.firstStep == steps.last, "moment \(moments)")
        if isThrough { #expect(run.progress.rollBacks == 1) }
      }
      if isThrough { break }
      moments += 1
    }
    #expect(moments > 3)
  }

  /// Files that are there many times are seen though each sample comes once.
  @Test func copiesOfPicturesAreNoticed() throws {
    try scratch { folder in
      var recipe = recipe(steps: 4)
      let pictures = join(folder, "pictures")
      try makeFolder(pictures)
      var table = "filepath\ttitle\n"
      for number in 0..<16 {
        let image = Image(width: 16, height: 16, color: (UInt8(number / 8), 7, 7))
        try image.write(join(pictures, "\(number).png"))
        table += "\(number).png\tpicture \(number)\n"
      }
      try writeFile(join(pictures, "captions.tsv"), table)
      (recipe.data.set, recipe.monitor.every) = (join(pictures, "captions.tsv"), 1)
      try finish(TrainingRun(recipe, folder: join(folder, "run"), resumes: false))
      let health = try lines(join(folder, "run"), "metrics.jsonl").compactMap { $0["health"] }
      #expect(health.count == 4 && health.allSatisfy { ($0["repeated.pictures"]?.double ?? 0) >= 0.75 })
      let alarms = try lines(join(folder, "run"), "alarms.jsonl").compactMap { $0["alarm"]?.string }
      #expect(alarms.contains(AlarmKind.duplicates.rawValue))
    }
  }

  /// A run that stays sick stops after so many attempts.
  @Test func rollingBackHasAnEnd() throws {
    try scratch { folder in
      var recipe = recipe(steps: 40, rate: 10)
      recipe.monitor.onAlarm = .rollBack
      (recipe.monitor.rateFactor, recipe.monitor.rollBacks) = (1, 2)
      let run = try TrainingRun(recipe, folder: folder, resumes: false)
      #expect(throws: RunError.self) { while try run.advance() != nil {} }
      #expect(run.progress.rollBacks == 2)
    }
  }
}
