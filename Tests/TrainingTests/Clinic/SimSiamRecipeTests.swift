import CollapseMonitoring
import Files
import JSON
import TestSupport
import Testing
import Training

/// SimSiam by its recipe, with and without the stop-gradient (Chen and He, 2021, section 4.1): the very run that a person
/// would start, on a network that learns in a second.
@Suite(.serialized) struct SimSiamRecipeTests {
  private static let recipe = """
    {
      method: "simsiam", steps: 200, batch_size: 32, precision: "fp32",
      data: {
        set: "shapes", split: "train",
        augmentation: "2 * decode|random_crop(8, scale: 0.3...1)|flip|jitter(0.4, p: 0.8)|normalize(half)",
      },
      model: { backbone: "resnet18", image_size: 8, stem: "cifar", base_width: 2 },
      objective: { projector: { hidden: [32], output: 16 }, predictor: { hidden: [8], output: 16 } },
      optimizer: {
        rule: "sgd", learning_rate: 0.05, momentum: 0.9, weight_decay: 1e-4, warmup: 0, clip_norm: 0, schedule: "constant",
      },
      monitor: { every: 10, snapshots: 0 },
      checkpoint: { every: 1000 },
    }
    """

  /// What the recipe with some changes comes to: its alarms, and the newest loss.
  private func run(_ changes: String...) throws -> (alarms: [Alarm], loss: Double, step: Int) {
    let folder = try ScratchFolder(inMemory: true)
    try writeFile(folder("simsiam.json5"), Self.recipe)
    var file = try RecipeFile(path: folder("simsiam.json5"))
    for change in changes { try file.set(change) }
    let run = try TrainingRun(try file.read(as: Recipe.self), folder: folder("run"), resumes: false)
    var (alarms, loss) = ([Alarm](), 0.0)
    // Once it has fallen ill there is nothing more to see.
    while !alarms.contains(where: { $0.kind == .completeCollapse || $0.kind == .dimensionalCollapse }),
      let line = try run.advance()
    {
      loss = line.loss
      // Waiting for data is a matter of the clock.
      alarms += run.news.alarms.filter { $0.kind != .dataStarved }
    }
    return (alarms, loss, run.progress.step)
  }

  /// The default head ends with a batch norm without gain and shift, behind which outputs cannot all be equal: they end
  /// on a line. Without that one they end in a point.
  @Test(arguments: [("hidden", AlarmKind.completeCollapse), ("all", .dimensionalCollapse)])
  func withoutStopGradient(_ norms: String, _ expected: AlarmKind) throws {
    let sick = try run("objective.stop_gradient=false", "objective.projector.batch_norm=\(norms)", "seed=1")
    #expect(sick.alarms.map(\.kind) == [expected], "\(sick.alarms.map(\.text))")
    #expect(sick.step < 200 && sick.loss < -0.8, "\(sick)")
  }

  @Test(arguments: ["hidden", "all"]) func healthy(_ norms: String) throws {
    let run = try run("objective.projector.batch_norm=\(norms)", "seed=1")
    #expect(run.alarms.isEmpty, "\(run.alarms.map(\.text))")
    #expect(run.step == 200 && run.loss < -0.4, "\(run)")
  }
}
