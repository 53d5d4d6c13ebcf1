import Layers
import Objectives
import Tensors
import Testing
import Training

/// A mean over samples with a part of its own.
private struct Mean: Objective {
  let scale = Parameter(Tensor([2], [1]))

  func callAsFunction(_ batch: Batch) -> Loss {
    let mean = batch.views[0].mean()
    return Loss((scale.tensor * mean).sum(), parts: [("mean", mean.scalar), ("count", Float(batch.count))])
  }
}

@Suite struct MicroBatchTests {
  /// What a loss consists of is that of the whole batch, as the loss itself is.
  @Test func partsAreMeansOverTheBatch() {
    let objective = Mean()
    let trainer = Trainer(
      objective, Optimizer(SGD(), objective.parameters, weightDecay: 0.0), LearningRateSchedule(peak: 0, total: 10),
      Trainer.Settings(seed: 1, precision: .fp32, microBatch: 4))
    let report = trainer.step(Batch(views: [Tensor([1, 2, 3, 4, 10, 20], [6, 1])]))
    #expect(report.loss.total.scalar.isNearly(2 * 40 / 6))
    #expect(report.loss.parts.map(\.name) == ["mean", "count"])
    #expect(report.loss.parts[0].value.isNearly(40.0 / 6))
    #expect(report.loss.parts[1].value.isNearly((16.0 + 4) / 6))
  }
}

extension Float {
  fileprivate func isNearly(_ other: Float) -> Bool { abs(self - other) < 1e-5 * abs(other) }
}
