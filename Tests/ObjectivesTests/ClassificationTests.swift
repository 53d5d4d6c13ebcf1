import Encoders
import Glibc
import Layers
import Objectives
import Tensors
import TestSupport
import Testing

@Suite struct ClassificationTests {
  private func fixture(isProbe: Bool = false) -> (model: ImageClassifier, batch: Batch) {
    var generator = Generator(seed: 3)
    let shape = MaskedAutoencoderShape(imageSize: 8, patchSize: 4, width: 12, depth: 1, heads: 3).encoder
    let model = ImageClassifier(shape, classes: 3, isProbe: isProbe, &generator)
    let patches = Initialization.normal(deviation: 1)([6, 4, 48], &generator)
    return (model, Batch(views: [patches], labels: Tensor(ids: [0, 1, 2, 2, 1, 0], [6])))
  }

  @Test func aNewClassifierGuesses() {
    let (model, batch) = fixture()
    let loss = Classification(model)(batch)
    expectClose([Double(loss.total.scalar)], [log(3)], 1e-3, "ln 3")
    #expect(loss.chance == log(Float(3)))
  }

  /// The encoder of a probe has no gradients, the classifier has.
  @Test func aProbeTrainsItsClassifierOnly() {
    let (model, batch) = fixture(isProbe: true)
    let objective = Classification(model)
    #expect(objective.trainableCount == 3 * 12 + 3)
    let tape = Tape()
    let loss = Pass(isTraining: true).run { tape.record { objective(batch).total } }
    let gradients = tape.gradients(of: loss)
    for (name, parameter) in objective.parameters {
      #expect((gradients[parameter] != nil) == name.contains("classifier"), "\(name)")
    }
    // The running statistics have seen the batch.
    #expect(model.norm?.runningMean.value.values.contains { $0 != 0 } == true)
  }

  @Test func mixupIsAWeightedMean() {
    let (_, batch) = fixture()
    let patches = batch.views[0]
    let (mixed, share) = Mixing.Draw.mixup(share: 0.25)(patches, side: 8, patch: 4)
    #expect(share == 0.25)
    let (before, after) = (patches.values, mixed.values)
    for row in 0..<6 {
      for i in 0..<192 {
        #expect(abs(after[row * 192 + i] - (0.25 * before[row * 192 + i] + 0.75 * before[(5 - row) * 192 + i])) < 1e-6)
      }
    }
  }

  /// A rectangle of pixels is the other picture's, and the share tells how much is left.
  @Test func cutMixTakesARectangle() {
    let (_, batch) = fixture()
    let patches = batch.views[0]
    // The middle 4 × 4 of 8 × 8 pixels, over all four patches.
    let (mixed, share) = Mixing.Draw.cutmix(x: 0.5, y: 0.5, side: 0.5)(patches, side: 8, patch: 4)
    #expect(share == 0.75)
    let (before, after) = (patches.values, mixed.values)
    for row in 0..<6 {
      for y in 0..<8 {
        for x in 0..<8 {
          let place = (y / 4 * 2 + x / 4) * 48 + (y % 4 * 4 + x % 4) * 3
          let source = (2..<6).contains(x) && (2..<6).contains(y) ? 5 - row : row
          for c in 0..<3 { #expect(after[row * 192 + place + c] == before[source * 192 + place + c]) }
        }
      }
    }
    // Beyond the edge nothing is cut.
    let (same, all) = Mixing.Draw.cutmix(x: 0, y: 0, side: 0)(patches, side: 8, patch: 4)
    #expect(same.values == before && all == 1)
  }

  /// With mixing, the loss is that of both classes, weighted (Zhang et al., 2018, section 2).
  @Test func mixedTargetsAreWeighted() {
    let (model, batch) = fixture()
    let mixing = Mixing(mixup: 0.8)
    let objective = Classification(model, labelSmoothing: 0.1, mixing: mixing)
    let pass = Pass(isTraining: true, generator: Generator(seed: 9))
    let loss = pass.run { objective(batch).total.scalar }
    var generator = pass.generator.split(into: -1)
    guard case .mixup(let share) = mixing.draw(&generator) else {
      Issue.record("no mixup")
      return
    }
    let mixed = Mixing.Draw.mixup(share: share)(batch.views[0], side: 8, patch: 4).0
    let logits = model(mixed)
    let own = logits.softmaxCrossEntropy(Tensor(ids: [0, 1, 2, 2, 1, 0], [6]), smoothing: 0.1).scalar
    let other = logits.softmaxCrossEntropy(Tensor(ids: [0, 1, 2, 2, 1, 0].reversed(), [6]), smoothing: 0.1).scalar
    #expect(abs(loss - (share * own + (1 - share) * other)) < 1e-5)
  }

  /// Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
  @Test(arguments: [Float(0.2), 0.8, 1, 4]) func sharesAreBeta(a: Float) {
    var generator = Generator(seed: 4)
    let shares = (0..<4000).compactMap { _ -> Double? in
      guard case .mixup(let share) = Mixing(mixup: a).draw(&generator) else { return nil }
      return Double(share)
    }
    let mean = shares.reduce(0, +) / 4000
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000
    let expected = 1 / (4 * (2 * Double(a) + 1))
    #expect(abs(mean - 0.5) < 0.03 && abs(variance - expected) < 0.1 * expected + 0.003, "\(mean), \(variance)")
    #expect(shares.allSatisfy { (0...1).contains($0) })
  }
}
