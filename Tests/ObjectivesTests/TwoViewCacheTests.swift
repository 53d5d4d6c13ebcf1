import Encoders
import Layers
import Objectives
import Tensors
import TestSupport
import Testing

/// Large batches of two views in the memory of a part of them (Gao et al., 2021).
@Suite struct TwoViewCacheTests {
  enum Method: String, CaseIterable, Sendable {
    case simclr, moco, mocoV3, byol, simsiam, barlowTwins, vicreg
  }

  private func objective(_ method: Method, _ generator: inout Generator) -> any TwoViewObjective {
    let shape = VisionShape(
      imageSize: 8, patchSize: 4, blocks: TransformerShape(width: 12, depth: 1, heads: 3), pooling: .mean)
    let encoder = ProjectedEncoder(
      .visionTransformer(shape), projector: HeadShape(hidden: [24], output: 12), &generator)
    let predictor = HeadShape(hidden: [16], output: 12)
    let slow = MomentumSchedule(0.9, rises: false)
    switch method {
    case .simclr: return SimCLR(encoder)
    case .moco: return MoCo(encoder, bank: 20, momentum: slow, &generator)
    case .mocoV3: return MoCoV3(encoder, predictor: predictor, momentum: slow, &generator)
    case .byol: return BYOL(encoder, predictor: predictor, momentum: slow, &generator)
    case .simsiam: return SimSiam(encoder, predictor: predictor, &generator)
    case .barlowTwins: return BarlowTwins(encoder)
    case .vicreg: return VICReg(encoder)
    }
  }

  private func batch(_ count: Int, _ generator: inout Generator) -> Batch {
    let first = Initialization.normal(deviation: 1)([count, 8, 8, 3], &generator)
    return Batch(views: [first, first + Initialization.normal(deviation: 0.5)([count, 8, 8, 3], &generator)])
  }

  @Test(arguments: Method.allCases, [1, 3, 16]) func gradientsAreThoseOfTheWholeBatch(_ method: Method, part: Int) {
    var generator = Generator(seed: 3)
    let objective = objective(method, &generator)
    let batch = batch(48, &generator)
    let (whole, expected) = Pass(isTraining: true).run {
      let tape = Tape()
      let loss = tape.record { objective(batch) }
      return (loss, tape.gradients(of: loss.total))
    }
    let cached = Pass(isTraining: true).run { objective.cachedGradients(batch, part: part) }
    expectClose([Double(cached.loss.total.scalar)], [Double(whole.total.scalar)], 1e-6, "\(method): loss")
    var (apart, size) = (0.0, 0.0)
    for (name, parameter) in objective.parameters where parameter.isTrainable {
      guard let a = cached.gradients[parameter], let b = expected[parameter] else {
        Issue.record("\(method): no gradient for \(name)")
        continue
      }
      let change: Tensor = a - b
      apart += change.sumOfSquares()
      size += b.sumOfSquares()
    }
    #expect(size > 0)
    #expect(apart.squareRoot() <= 1e-6 * size.squareRoot(), "\(method): \((apart / size).squareRoot())")
  }

  /// The bank takes in the keys of the whole batch, in its order.
  @Test func theBankTakesInAllKeys() throws {
    var generator = Generator(seed: 4)
    let moco = try #require(objective(.moco, &generator) as? MoCo)
    let batch = batch(12, &generator)
    _ = Pass(isTraining: true).run { moco.cachedGradients(batch, part: 5) }
    let keys = Pass(isTraining: true).run { moco.embed(batch)[1] }
    moco.didStep(progress: 0)
    expectClose(
      moco.bank.keys.value.sliced(0..<12).values.map(Double.init), keys.values.map(Double.init), 1e-6, "keys")
  }

  /// Batch norm in an encoder sees each part by itself, and counts each once.
  @Test func batchNormSeesPartsByThemselves() {
    func simclr() -> SimCLR {
      var generator = Generator(seed: 5)
      return SimCLR(
        ProjectedEncoder(
          .resNet(ResNetShape(.resNet18, stem: .cifar, baseWidth: 2)),
          projector: HeadShape(hidden: [8], output: 8, norm: .affine), &generator))
    }
    var generator = Generator(seed: 6)
    let batch = batch(12, &generator)
    let (objective, byHand) = (simclr(), simclr())
    let (cached, parts, whole) = Pass(isTraining: true).run {
      let parts = (0..<3).map { byHand.embed(batch.sliced($0 * 4..<$0 * 4 + 4)) }
      return (
        objective.cachedGradients(batch, part: 4).loss,
        byHand.loss(of: (0..<2).map { view in Tensor.concatenated(parts.map { $0[view] }) }, batch), simclr()(batch)
      )
    }
    #expect(cached.total.scalar == parts.total.scalar)
    #expect(abs(cached.total.scalar - whole.total.scalar) > 1e-3)
    #expect(objective.buffers.map(\.buffer.value.values) == byHand.buffers.map(\.buffer.value.values))
  }
}
