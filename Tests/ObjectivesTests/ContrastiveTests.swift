import Encoders
import Glibc
import Layers
import Objectives
import Tensors
import TestSupport
import Testing

@Suite struct ContrastiveTests {
  private func rows(_ count: Int, _ width: Int, seed: UInt64) -> Tensor {
    var generator = Generator(seed: seed)
    return Initialization.normal(deviation: 1)([count, width], &generator).normalizedL2()
  }

  /// All pairs look alike: the loss is that of a guess.
  @Test func equalEmbeddingsCostLogN() {
    for count in [1, 2, 7, 33] {
      let x = Tensor(repeating: 0.5, [count, 4])
      let loss = infoNCE(x, x, scale: Tensor(10))
      expectClose([Double(loss.scalar)], [log(Double(count))], 1e-6, "ln \(count)")
    }
  }

  /// The paper's pseudo-code (figure 3), in loops.
  @Test func infoNCEIsThePapers() {
    let (images, texts) = (rows(6, 5, seed: 1), rows(6, 5, seed: 2))
    let scale = 14.3
    let a = images.values.map(Double.init)
    let b = texts.values.map(Double.init)
    func logit(_ i: Int, _ j: Int) -> Double { scale * (0..<5).reduce(0) { $0 + a[i * 5 + $1] * b[j * 5 + $1] } }
    let expected =
      (0..<6).reduce(0.0) { sum, i in
        sum + logSumExp((0..<6).map { logit(i, $0) }) + logSumExp((0..<6).map { logit($0, i) }) - 2 * logit(i, i)
      } / 12
    expectClose([Double(infoNCE(images, texts, scale: Tensor(Float(scale))).scalar)], [expected], 1e-5, "InfoNCE")
    expectClose(
      [Double(infoNCE(texts, images, scale: Tensor(Float(scale))).scalar)], [expected], 1e-5, "towers exchanged")
  }

  @Test func sigmoidLossIsThePapers() {
    let (images, texts) = (rows(6, 5, seed: 1), rows(6, 5, seed: 2))
    let a = images.values.map(Double.init)
    let b = texts.values.map(Double.init)
    var expected = 0.0
    for i in 0..<6 {
      for j in 0..<6 {
        let z = 10 * (0..<5).reduce(0) { $0 + a[i * 5 + $1] * b[j * 5 + $1] } - 10
        expected += log(1 + exp(i == j ? -z : z)) / 6
      }
    }
    let loss = pairwiseSigmoid(images, texts, scale: Tensor(10), bias: Tensor(-10))
    expectClose([Double(loss.scalar)], [expected], 1e-5, "sigmoid loss")
  }

  /// Samples 0 and 2 show one picture, samples 1 and 2 have one text.
  @Test func repeatedPicturesAndTextsAreNoNegatives() {
    let batch = Batch(
      views: [Tensor.zeros([4, 1, 1])], ids: Tensor(ids: [1, 9, 2, 9, 2, 9, 3, 9], [4, 2]), pictures: [7, 8, 7, 9])
    let positives = Positives(batch)
    #expect(positives != .diagonal)
    let x = Tensor(repeating: 0.5, [4, 4])
    // Equal logits: any target distribution costs ln 4.
    expectClose(
      [Double(infoNCE(x, x, scale: Tensor(3), positives: positives).scalar)], [log(4.0)], 1e-6, "shared positives")
    // Embeddings that agree with the matches cost their entropy, which no false negative would allow.
    let y = Tensor([1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0], [4, 3])
    #expect(Positives(Batch(views: [Tensor.zeros([2, 1, 1])], pictures: [0, 1])) == .diagonal)
    #expect(infoNCE(y, y, scale: Tensor(30), positives: positives).scalar < 1.2)
  }

  @Test(arguments: [1, 3, 16, 48]) func cachedGradientsAreThoseOfTheWholeBatch(part: Int) {
    for loss in [ContrastiveLoss.softmax, .sigmoid] {
      let shape = CLIPShape(
        vision: VisionShape(
          imageSize: 8, patchSize: 4, blocks: TransformerShape(width: 12, depth: 1, heads: 3),
          pooling: loss == .sigmoid ? .attention : .classToken),
        text: TextShape(
          vocabulary: 60, context: 5, blocks: TransformerShape(width: 12, depth: 1, heads: 2, firstStream: 100)),
        embedding: 12, loss: loss)
      var generator = Generator(seed: 3)
      let objective = JointEmbedding(CLIP(shape, &generator), loss: loss)
      let patches = Initialization.normal(deviation: 1)([48, 4, 48], &generator)
      let ids = (0..<48 * 5).map { (i: Int) -> Int32 in Int32(1 + (i * 7 + i / 5) % 58) }
      let batch = Batch(views: [patches], ids: Tensor(ids: ids, [48, 5]))
      let tape = Tape()
      let whole = tape.record { objective(batch) }
      let expected = tape.gradients(of: whole.total)
      let cached = objective.cachedGradients(batch, part: part)
      expectClose([Double(cached.loss.total.scalar)], [Double(whole.total.scalar)], 1e-6, "loss")
      let norm = objective.parameters.reduce(0) { $0 + (expected[$1.parameter]?.sumOfSquares() ?? 0) }.squareRoot()
      for (name, parameter) in objective.parameters {
        guard let a = cached.gradients[parameter], let b = expected[parameter] else {
          Issue.record("no gradient for \(name)")
          continue
        }
        let change: Tensor = a - b
        let difference = change.sumOfSquares().squareRoot()
        let size = b.sumOfSquares().squareRoot()
        // Keys' biases have no gradient but rounding: softmax does not see them.
        #expect(difference <= 1e-6 * max(size, 1e-3 * norm), "\(name): \(difference) of \(size)")
      }
    }
  }

  /// What blocks of rows contribute adds up to the loss and its gradients, with repeated pictures and texts too.
  @Test(arguments: [ContrastiveLoss.softmax, .sigmoid], [[0, 1, 2, 3, 4, 5, 6], [0, 1, 0, 3, 4, 4, 6]])
  func rowsAddUp(_ loss: ContrastiveLoss, pictures: [Int]) {
    let shape = CLIPShape(
      vision: VisionShape(imageSize: 8, patchSize: 4, blocks: TransformerShape(width: 12, depth: 0, heads: 3)),
      text: TextShape(vocabulary: 60, context: 5, blocks: TransformerShape(width: 12, depth: 0, heads: 2)),
      embedding: 5, loss: loss)
    var generator = Generator(seed: 3)
    let objective = JointEmbedding(CLIP(shape, &generator), loss: loss, labelSmoothing: loss == .softmax ? 0.1 : 0)
    let batch = Batch(ids: Tensor(ids: [1, 9, 2, 9, 3, 9, 2, 9, 5, 9, 6, 9, 7, 9], [7, 2]), pictures: pictures)
    func gradients(_ body: ([Tensor]) -> Loss) -> (Double, [[Float]]) {
      let tape = Tape()
      let watched = [tape.watch(rows(7, 5, seed: 1)), tape.watch(rows(7, 5, seed: 2))]
      let total = tape.record { body(watched).total }
      let gradients = tape.gradients(of: total)
      return (
        Double(total.scalar),
        watched.map { gradients[$0]?.values ?? [] } + [gradients[objective.model.logitScale]?.values ?? []]
      )
    }
    let whole = gradients { objective.loss(of: $0, batch) }
    let parts = [0..<3, 3..<4, 4..<7].map { rows in gradients { objective.loss(of: $0, batch, dueTo: rows) } }
    expectClose([parts.reduce(0) { $0 + $1.0 }], [whole.0], 1e-6, "loss")
    for i in whole.1.indices {
      let sum = whole.1[i].indices.map { j in parts.reduce(0.0) { $0 + Double($1.1[i][j]) } }
      expectClose(sum, whole.1[i].map(Double.init), 1e-6, "gradient \(i)")
    }
  }
}
