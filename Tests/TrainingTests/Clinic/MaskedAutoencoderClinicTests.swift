import CollapseMonitoring
import Encoders
import Objectives
import Tensors
import Testing
import Training

/// Masked autoencoders: one that gives every patch the same answer raises its alarm, healthy ones none.
@Suite(.serialized) struct MaskedAutoencoderClinicTests {
  private func objective(seed: UInt64) -> MaskedReconstruction {
    var generator = Generator(seed: seed)
    let shape = MaskedAutoencoderShape(
      imageSize: 8, patchSize: 4, width: 24, depth: 1, heads: 2, decoderWidth: 24, decoderDepth: 1, decoderHeads: 2)
    return MaskedReconstruction(MaskedAutoencoder(shape, &generator), ratio: 0.5)
  }

  private func clinic(rate: Double) -> Clinic {
    var clinic = Clinic()
    clinic.learningRate = rate
    return clinic
  }

  @Test(arguments: 1...3) func healthy(seed: Int) {
    let lessons = Lessons(seed: UInt64(seed))
    let findings = clinic(rate: 3e-3).examine(objective(seed: UInt64(seed))) { lessons.batch($0) }
    #expect(findings.raised == [], "\(seed): \(findings.alarms.map(\.text))")
  }

  /// The decoder's last layer is frozen at zero: a flat patch, whatever is asked.
  @Test func predictingTheMean() {
    let masked = objective(seed: 4)
    for (name, parameter) in masked.parameters where name.hasPrefix("model.decoder.pixels") {
      parameter.value = Tensor.zeros(parameter.value.shape)
      parameter.isTrainable = false
    }
    let lessons = Lessons()
    let raised = clinic(rate: 3e-3).examine(masked) { lessons.batch($0) }.raised
    #expect(raised.contains(.predictsMean), "\(raised)")
  }
}
