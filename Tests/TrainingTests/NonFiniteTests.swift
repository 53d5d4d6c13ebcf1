import Encoders
import Layers
import Objectives
import Tensors
import Testing
import Training

/// Where a number that is not finite is slipped in.
private enum Place {
  case data(index: Int)
  case activation(tower: Int, index: Int)
  case gradient(parameter: Int)
}

/// What is slipped in now; a class, so that it can change under an objective that is plain data.
private final class Poison {
  var place: Place?
  var value = Float.nan
}

/// A joint embedding into which numbers that are not finite get.
private struct PoisonedEmbedding: EmbeddingObjective {
  let inner: JointEmbedding
  let poison: Poison

  func embed(_ batch: Batch) -> [Tensor] {
    var embedded = inner.embed(batch)
    if case .activation(let tower, let index) = poison.place {
      var numbers = [Float](repeating: 0, count: embedded[tower].count)
      numbers[index % numbers.count] = poison.value
      embedded[tower] = embedded[tower] + Tensor(numbers, embedded[tower].shape)
    }
    return embedded
  }

  func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    var loss = inner.loss(of: embeddings, batch)
    if case .gradient(let parameter) = poison.place {
      // 0 with the derivative 0 · ∞.
      loss.total = loss.total + (inner.parameters[parameter].parameter.tensor * 0).squareRoot().sum() * 0
    }
    return loss
  }
}

@Suite struct NonFiniteTests {
  private let shape = CLIPShape(
    vision: VisionShape(imageSize: 8, patchSize: 4, blocks: TransformerShape(width: 12, depth: 1, heads: 3)),
    text: TextShape(
      vocabulary: 60, context: 5, blocks: TransformerShape(width: 12, depth: 1, heads: 2, firstStream: 100)),
    embedding: 12)

  private func batch(_ place: Place?, _ value: Float) -> Batch {
    var generator = Generator(seed: 5)
    let patches = Initialization.normal(deviation: 1)([6, 4, 48], &generator)
    if case .data(let index) = place { patches.floatBuffer[index % patches.count] = value }
    let ids = (0..<30).map { (i: Int) -> Int32 in Int32(1 + (i * 7 + i / 5) % 58) }
    return Batch(views: [patches], ids: Tensor(ids: ids, [6, 5]))
  }

  /// Whole batches, and cached ones of two parts.
  @Test(arguments: [nil, 3]) func weightsAreNeverContaminated(microBatch: Int?) {
    var generator = Generator(seed: 4)
    let poison = Poison()
    let objective = PoisonedEmbedding(inner: JointEmbedding(CLIP(shape, &generator), loss: .softmax), poison: poison)
    let optimizer = Optimizer(AdamW(), objective.parameters, weightDecay: 0.1)
    let average = WeightAverage(objective.parameters.map(\.parameter), decay: 0.9)
    let trainer = Trainer(
      objective, optimizer, LearningRateSchedule(peak: 1e-3, total: 1000),
      Trainer.Settings(seed: 1, precision: .fp32, clipNorm: 1, microBatch: microBatch), average: average)
    func state() -> [[UInt32]] {
      (objective.parameters.map(\.parameter.value) + optimizer.entries.flatMap(\.state) + average.values).map {
        $0.values.map(\.bitPattern)
      }
    }

    let count = objective.parameters.count
    let places =
      (0..<count).map { Place.gradient(parameter: $0) } + (0..<32).map { .data(index: $0 * 31) }
      + (0..<40).map { .activation(tower: $0 % 2, index: $0 * 7) }
    #expect(places.count >= 100)
    #expect(trainer.step(batch(nil, 0)).nonFinite.isEmpty)
    for (number, place) in places.enumerated() {
      poison.value = [Float.nan, .infinity, -.infinity][number % 3]
      poison.place = place
      let before = state()
      let report = trainer.step(batch(place, poison.value))
      #expect(state() == before, "\(place)")
      // The names begin where the trouble began.
      let expected =
        switch place {
        case .data: "the pictures"
        case .activation(let tower, _): ["the image embeddings", "the text embeddings"][tower]
        case .gradient(let parameter): "the gradient of \(objective.parameters[parameter].name)"
        }
      #expect(report.nonFinite.first == expected, "\(place): \(report.nonFinite)")
      if number % 10 == 9 {
        poison.place = nil
        #expect(trainer.step(batch(nil, 0)).nonFinite.isEmpty)
        #expect(state() != before)
      }
    }
  }

  /// A weight that is not finite is named before all that it spoils.
  @Test func aSpoiltWeightIsNamed() {
    var generator = Generator(seed: 4)
    let objective = JointEmbedding(CLIP(shape, &generator), loss: .softmax)
    let trainer = Trainer(
      objective, Optimizer(AdamW(), objective.parameters, weightDecay: 0.1),
      LearningRateSchedule(peak: 1e-3, total: 10),
      Trainer.Settings(seed: 1, precision: .fp32))
    objective.model.text.norm.bias.update { $0[3] = .infinity }
    #expect(trainer.step(batch(nil, 0)).nonFinite.first == "model.text.norm.bias")
  }

  /// Batch norm's statistics move in the forward pass, before anybody knows that the step is void.
  @Test func runningStatisticsAreNeverContaminated() {
    struct Norm: Objective {
      let norm = BatchNorm(3)
      func callAsFunction(_ batch: Batch) -> Loss { Loss(norm(batch.views[0]).squared().mean()) }
    }
    let objective = Norm()
    let trainer = Trainer(
      objective, Optimizer(SGD(), objective.parameters, weightDecay: 0.0), LearningRateSchedule(peak: 0.1, total: 10),
      Trainer.Settings(seed: 1, precision: .fp32))
    func step(_ last: Float) -> Trainer.Report {
      trainer.step(Batch(views: [Tensor([1, 2, 3, 4, 5, 6, 7, 8, last], [3, 3])]))
    }
    #expect(step(9).nonFinite.isEmpty)
    let before = objective.buffers.map(\.buffer.value.values)
    #expect(step(.nan).nonFinite.first == "the pictures")
    #expect(objective.buffers.map(\.buffer.value.values) == before)
    #expect(step(10).nonFinite.isEmpty)
    #expect(objective.buffers.map(\.buffer.value.values) != before)
  }
}
