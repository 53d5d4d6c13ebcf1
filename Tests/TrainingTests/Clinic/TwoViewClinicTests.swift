import CollapseMonitoring
import Encoders
import Objectives
import Tensors
import Testing
import Training

/// Methods of two views: sick ones raise their alarm within 200 steps, healthy ones none.
@Suite(.serialized) struct TwoViewClinicTests {
  private let projector = HeadShape(hidden: [48], output: 24, norm: .affine, lastNorm: .plain)
  private let predictor = HeadShape(hidden: [24], output: 24, norm: .affine)

  private func encoder(_ generator: inout Generator, _ projector: HeadShape? = nil) -> ProjectedEncoder {
    let shape = VisionShape(
      imageSize: 8, patchSize: 4, blocks: TransformerShape(width: 24, depth: 1, heads: 2), pooling: .mean)
    return ProjectedEncoder(.visionTransformer(shape), projector: projector ?? self.projector, &generator)
  }

  private func batch(_ lessons: Lessons, _ step: Int) -> Batch {
    var batch = lessons.batch(step, views: 2, noise: 0.5)
    batch.views = batch.views.map { $0.reshaped([$0.shape[0], 8, 8, 3]) }
    batch.ids = nil
    return batch
  }

  private func findings(_ objective: any Objective, seed: UInt64 = 1) -> Clinic.Findings {
    let clinic = Clinic()
    let lessons = Lessons(seed: seed)
    return clinic.examine(objective) { batch(lessons, $0) }
  }

  @Test(arguments: 1...2) func healthy(seed: Int) {
    var generator = Generator(seed: UInt64(seed))
    let objectives: [any Objective] = [
      SimCLR(encoder(&generator)),
      MoCo(encoder(&generator), bank: 128, momentum: .init(0.99, rises: false), &generator),
      MoCoV3(encoder(&generator), predictor: predictor, &generator),
      BYOL(encoder(&generator), predictor: predictor, momentum: .init(0.99, rises: true), &generator),
      SimSiam(encoder(&generator), predictor: predictor, &generator), BarlowTwins(encoder(&generator)),
      VICReg(encoder(&generator)),
    ]
    for objective in objectives {
      let findings = findings(objective, seed: UInt64(seed))
      #expect(findings.raised == [], "\(type(of: objective)) \(seed): \(findings.alarms.map(\.text))")
    }
  }

  @Test func byolWithoutMomentumAndPredictor() {
    var generator = Generator(seed: 5)
    let plain = HeadShape(hidden: [48], output: 24, norm: .affine)
    let raised = findings(
      BYOL(encoder(&generator, plain), predictor: .identity, momentum: .init(0, rises: false), &generator)
    ).raised
    #expect(raised.contains(.teacherCopies), "\(raised)")
  }

  /// A bank that takes in one key of each batch.
  @Test func mocoWithAStaleBank() {
    struct Stale: EmbeddingObjective {
      let moco: MoCo
      func embed(_ batch: Batch) -> [Tensor] { moco.embed(batch) }
      func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss { moco.loss(of: embeddings, batch) }
      func didStep(progress: Double) {
        moco.target.follow(momentum: moco.momentum(progress: progress))
        moco.bank.take(moco.bank.keys.value.sliced(0..<1))
      }
    }
    var generator = Generator(seed: 6)
    let moco = MoCo(encoder(&generator), bank: 128, momentum: .init(0.99, rises: false), &generator)
    let raised = findings(Stale(moco: moco)).raised
    #expect(raised.contains(.staleBank), "\(raised)")
  }
}
