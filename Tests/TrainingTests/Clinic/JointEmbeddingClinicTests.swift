import CollapseMonitoring
import Encoders
import Glibc
import Objectives
import Tensors
import Testing
import Training

/// Joint embeddings: sick ones raise their alarm within 200 steps, healthy ones none.
@Suite(.serialized) struct JointEmbeddingClinicTests {
  private func objective(seed: UInt64 = 3, _ loss: ContrastiveLoss = .softmax) -> JointEmbedding {
    let shape = CLIPShape(
      vision: VisionShape(
        imageSize: 8, patchSize: 4, blocks: TransformerShape(width: 24, depth: 1, heads: 2),
        pooling: loss == .sigmoid ? .attention : .classToken),
      text: TextShape(
        vocabulary: 20, context: 4, blocks: TransformerShape(width: 24, depth: 1, heads: 2, firstStream: 100)),
      embedding: 24, loss: loss)
    var generator = Generator(seed: seed)
    return JointEmbedding(CLIP(shape, &generator), loss: loss)
  }

  @Test(arguments: 1...5) func healthy(seed: Int) {
    for loss in [ContrastiveLoss.softmax, .sigmoid] {
      let lessons = Lessons(seed: UInt64(seed))
      let findings = Clinic().examine(objective(seed: UInt64(seed), loss)) { lessons.batch($0) }
      #expect(findings.raised == [], "\(loss) \(seed): \(findings.alarms.map(\.text))")
      #expect(findings.readings.last?.loss ?? 9 < (findings.readings.first?.loss ?? 0) * 0.7)
    }
  }

  @Test func aTextTowerOfZeros() {
    let joint = objective()
    for (name, parameter) in joint.parameters where name.hasPrefix("model.text") {
      parameter.value = Tensor.zeros(parameter.value.shape)
      parameter.isTrainable = false
    }
    let lessons = Lessons()
    let raised = Clinic().examine(joint) { lessons.batch($0) }.raised
    #expect(raised.contains(.deadTower) && raised.contains(.chanceLoss) && !raised.contains(.completeCollapse))
  }

  @Test func shuffledCaptions() {
    let lessons = Lessons()
    let findings = Clinic().examine(objective()) { step in
      var batch = lessons.batch(step)
      var generator = Generator(9, step)
      let order = generator.permutation(batch.count)
      let ids = batch.ids?.ids ?? []
      batch.ids = Tensor(ids: order.flatMap { ids[$0 * 4..<$0 * 4 + 4] }, [batch.count, 4])
      return batch
    }
    #expect(findings.raised.contains(.chanceLoss), "\(findings.alarms.map(\.text))")
  }

  @Test func aLearningRateAThousandTimesTooHigh() {
    let lessons = Lessons()
    var clinic = Clinic()
    clinic.learningRate *= 1000
    let raised = clinic.examine(objective()) { lessons.batch($0) }.raised
    #expect(raised.contains(.learningRate), "\(raised)")
  }

  @Test func aTemperatureOffItsClamp() {
    /// Does all that a joint embedding does, but to keep its temperature in bounds.
    struct Unbounded: EmbeddingObjective {
      let joint: JointEmbedding
      func embed(_ batch: Batch) -> [Tensor] { joint.embed(batch) }
      func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss { joint.loss(of: embeddings, batch) }
    }
    let joint = objective()
    joint.model.logitScale.value = Tensor(log(400))
    let lessons = Lessons()
    let raised = Clinic().examine(Unbounded(joint: joint)) { lessons.batch($0) }.raised
    #expect(raised.contains(.temperature), "\(raised)")
  }

  @Test func aBatchOfOneSample() {
    let lessons = Lessons()
    let raised = Clinic().examine(objective()) { step in
      let one = lessons.batch(step).sliced(0..<1)
      return Batch(
        views: [Tensor.concatenated([Tensor](repeating: one.views[0], count: 16))],
        ids: one.ids.map { ids in Tensor(ids: (0..<16).flatMap { _ in ids.ids }, [16, 4]) },
        pictures: [Int](repeating: one.pictures[0], count: 16))
    }.raised
    #expect(raised.contains(.duplicates), "\(raised)")
  }
}
