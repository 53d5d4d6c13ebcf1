import Encoders
import Layers
import Objectives
import Tensors
import Testing

/// Section 4.1 of Chen and He, 2021: without the stop-gradient a Siamese network learns a constant.
@Suite struct SimSiamCollapseTests {
  @Test func onlyTheStoppedGradientKeepsItFromCollapsing() {
    let kept = spread(stopsGradient: true)
    let taken = spread(stopsGradient: false)
    #expect(taken.loss < -0.98, "without stop-gradient the loss goes to its minimum: \(taken.loss)")
    #expect(taken.deviation < 0.25 * kept.deviation, "deviations \(taken.deviation) and \(kept.deviation)")
    #expect(kept.deviation > 0.3, "with stop-gradient the features stay apart: \(kept.deviation)")
  }

  /// The loss after 200 steps, and the deviation of normalised projections times √width: 1 when they are spread evenly
  /// over the sphere, 0 when all are the same.
  private func spread(stopsGradient: Bool) -> (loss: Float, deviation: Float) {
    var generator = Generator(seed: 2)
    let encoder = ProjectedEncoder(
      .resNet(ResNetShape(.resNet18, stem: .cifar, baseWidth: 2)),
      projector: HeadShape(hidden: [32], output: 16, norm: .affine, lastNorm: .none), &generator)
    let objective = SimSiam(
      encoder, predictor: HeadShape(hidden: [8], output: 16, norm: .affine), stopsGradient: stopsGradient, &generator)
    var result = (loss: Float(0), deviation: Float(0))
    for _ in 0..<200 {
      let pictures = Initialization.normal(deviation: 1)([32, 8, 8, 3], &generator)
      let noise = Initialization.normal(deviation: 0.3)([32, 8, 8, 3], &generator)
      let tape = Tape()
      let loss = Pass(isTraining: true).run {
        tape.record { objective(Batch(views: [pictures, pictures + noise])) }
      }
      let gradients = tape.gradients(of: loss.total)
      for (_, parameter) in objective.parameters {
        if let gradient = gradients[parameter] { parameter.value = parameter.value - gradient * 0.1 }
      }
      let z = loss.embeddings[0].value
      result = (loss.total.scalar, (z.variance(axis: 0).sum().scalar).squareRoot())
    }
    return result
  }
}
