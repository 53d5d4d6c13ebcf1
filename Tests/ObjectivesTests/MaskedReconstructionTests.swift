import Encoders
import Layers
import Objectives
import Patching
import Tensors
import TestSupport
import Testing

@Suite struct MaskedReconstructionTests {
  static let shape = MaskedAutoencoderShape(
    imageSize: 16, patchSize: 4, width: 12, depth: 2, heads: 3, decoderWidth: 8, decoderDepth: 1, decoderHeads: 2)

  private func fixture(_ batch: Int = 3) -> (model: MaskedAutoencoder, patches: Tensor) {
    var generator = Generator(seed: 3)
    let model = MaskedAutoencoder(Self.shape, &generator)
    return (model, Initialization.normal(deviation: 1)([batch, 16, 48], &generator))
  }

  /// Algorithm of the paper's appendix, in loops over all patches: errors count where the mask is 1.
  @Test(arguments: [true, false], MaskKind.allCases) func theLossIsThePapers(isNormalized: Bool, kind: MaskKind) {
    let (model, patches) = fixture()
    var generator = Generator(seed: 4)
    let masks = (0..<3).map { _ in kind.mask(rows: 4, columns: 4, ratio: 0.75, &generator) }
    let objective = MaskedReconstruction(model, kind: kind, normalizesPatches: isNormalized)
    let loss = objective.loss(patches, BatchMask(masks)).total.scalar
    let guesses = model.predictions(patches, BatchMask(masks)).values.map(Double.init)
    let pixels = patches.values.map(Double.init)
    var (sum, count) = (0.0, 0.0)
    for (image, mask) in masks.enumerated() {
      for patch in mask.hidden {
        let start = (image * 16 + patch) * 48
        let own = pixels[start..<start + 48]
        let mean = own.reduce(0, +) / 48
        let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 47
        let target = isNormalized ? own.map { ($0 - mean) / (variance + 1e-6).squareRoot() } : Array(own)
        sum += zip(guesses[start..<start + 48], target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / 48
        count += 1
      }
    }
    #expect(count == 36)
    expectClose([Double(loss)], [sum / count], 1e-5, "loss")
  }

  /// What is hidden cannot be seen: other pixels there give the same guesses.
  @Test func hiddenPatchesDoNotLeak() {
    let (model, patches) = fixture(1)
    let mask = PatchMask(hiding: [0, 3, 5, 9, 15], of: 16)
    let changed = Tensor(
      patches.values.enumerated().map { mask.hidden.contains($0 / 48) ? $1 + 7 : $1 }, [1, 16, 48])
    let seen = Tensor(
      patches.values.enumerated().map { mask.hidden.contains($0 / 48) ? $1 : $1 + 7 }, [1, 16, 48])
    let guesses = model.predictions(patches, BatchMask([mask])).values
    #expect(model.predictions(changed, BatchMask([mask])).values == guesses)
    #expect(model.predictions(seen, BatchMask([mask])).values != guesses)
  }

  /// Each picture has a mask of its own, and the pass's generator decides all of them.
  @Test func masksAreRandomAndRepeatable() {
    let (model, patches) = fixture(8)
    let objective = MaskedReconstruction(model)
    func loss(_ seed: UInt64) -> Float {
      Pass(isTraining: true, generator: Generator(seed: seed)).run { objective(Batch(views: [patches])).total.scalar }
    }
    #expect(loss(1) == loss(1))
    #expect(loss(1) != loss(2))
  }

  @Test func nothingHiddenAndNearlyEverythingHidden() {
    let (model, patches) = fixture(2)
    let all = PatchMask(hiding: [], of: 16)
    #expect(model.encode(patches, BatchMask([all, all])).shape == [2, 17, 12])
    let none = PatchMask(hiding: 0..<16, of: 16)
    #expect(model.predictions(patches, BatchMask([none, none])).shape == [2, 16, 48])
    #expect(MaskedReconstruction(model).loss(patches, BatchMask([none, none])).total.scalar.isFinite)
  }

  /// Flat patches have no deviation to divide by.
  @Test func flatPatchesAreFinite() {
    let flat = Tensor(repeating: 0.3, [1, 2, 48]).patchNormalized()
    #expect(flat.values.allSatisfy { $0.isFinite && abs($0) < 1e-3 })
  }

  @Test(arguments: [Precision.fp32, .bf16]) func itLearns(precision: Precision) {
    let (model, patches) = fixture(4)
    let objective = MaskedReconstruction(model, normalizesPatches: false)
    let mask = BatchMask((0..<4).map { PatchMask(hiding: [$0, 7, 8, 9, 12], of: 16) })
    var losses = [Float]()
    for _ in 0..<60 {
      let tape = Tape()
      let loss = Pass(precision: precision, isTraining: true).run {
        tape.record { objective.loss(patches, mask).total }
      }
      losses.append(loss.scalar)
      let gradients = tape.gradients(of: loss)
      for (_, parameter) in objective.parameters {
        guard let gradient = gradients[parameter]?.values else { continue }
        parameter.update { for i in $0.indices { $0[i] -= 0.1 * gradient[i] } }
      }
    }
    #expect(losses[59] < 0.95 * losses[0], "\(losses)")
  }
}
