import Encoders
import Files
import Glibc
import Images
import JSON
import ModelFolders
import Objectives
import Safetensors
import Tensors
import TestSupport
import Testing
import Training

/// Golden values of `transformers.ViTMAEForPreTraining`; Fixtures/make_mae.py made them.
@Suite struct MaskedModelTests {
  let folder = join(join(parentFolder(#filePath), "Fixtures"), "hf-mae")

  /// The fixture's model, and what `transformers` made of it.
  private struct Golden {
    let model: MaskedModel
    let file: SafetensorsFile
    let patches: Tensor
    let mask: BatchMask

    init(_ folder: String) throws {
      model = try MaskedModel(folder)
      file = try SafetensorsFile(join(folder, "golden.safetensors"))
      // Planes [3, 16, 16]; patches are (row, column, channel).
      let planes = Tensor(try file.floats("pixels"), [4, 3, 4, 4, 4, 4])
      patches = planes.permuted([0, 2, 4, 3, 5, 1]).reshaped([4, 16, 48])
      mask = BatchMask(noise: Tensor(try file.floats("noise"), [4, 16]), ratio: model.maskRatio)
    }

    func numbers(_ name: String) throws -> [Double] { try file.floats(name).map(Double.init) }

    var objective: MaskedReconstruction {
      MaskedReconstruction(
        model.autoencoder, ratio: model.maskRatio, normalizesPatches: model.normalizesPatches)
    }
  }

  /// What a configuration leaves out is what `transformers` takes, whatever the sizes beside it are.
  @Test func theUsualHiddenLayersAreThoseOfTheBaseModel() throws {
    for (key, usual) in [("intermediate_size", "3072"), ("decoder_intermediate_size", "2048")] {
      try withScratchFolder { copy in
        try writeFile(join(copy, "model.safetensors"), readFile(join(folder, "model.safetensors")))
        var configuration = try #require(try JSONValue(file: join(folder, "config.json")).object)
        configuration[key] = nil
        try writeFile(join(copy, "config.json"), JSONValue.object(configuration).text())
        let error = try #require(throws: (any Error).self) { try MaskedModel(copy) }
        #expect("\(error)".contains(usual), "\(error)")
      }
    }
  }

  @Test func maskPredictionAndLoss() throws {
    let golden = try Golden(folder)
    #expect(golden.model.normalizesPatches && golden.model.maskRatio == 0.75)
    #expect(golden.mask.restoringOrder.ids.map(Double.init) == (try golden.numbers("ids_restore")))
    var hidden = [Double](repeating: 0, count: 64)
    for (i, patch) in golden.mask.hidden.ids.enumerated() { hidden[i / 12 * 16 + Int(patch)] = 1 }
    #expect(hidden == (try golden.numbers("mask")))
    let prediction = golden.model.autoencoder.predictions(golden.patches, golden.mask)
    expectClose(prediction.values.map(Double.init), try golden.numbers("prediction"), 1e-5, "prediction")
    let loss = golden.objective.loss(golden.patches, golden.mask)
    expectClose([Double(loss.total.scalar)], try golden.numbers("loss"), 1e-5, "loss")
  }

  @Test func everyGradient() throws {
    let golden = try Golden(folder)
    let tape = Tape()
    let loss = tape.record { golden.objective.loss(golden.patches, golden.mask) }
    let gradients = tape.gradients(of: loss.total)
    var compared = 0
    for binding in golden.model.autoencoder.bindings(.transformers5) {
      guard binding.parameter.isTrainable else {
        #expect(gradients[binding.parameter] == nil, "\(binding.name): positions are fixed")
        continue
      }
      let gradient = try #require(gradients[binding.parameter], "\(binding.name)")
      let expected = try golden.numbers("gradient.\(binding.name)")
      let largest = try #require(expected.map(abs).max())
      let actual = binding.values(in: gradient).map(Double.init)
      // Relative to the tensor's largest; keys' biases have none but rounding, softmax does not see them.
      let worst = zip(actual, expected).map { abs($0 - $1) }.max() ?? 0
      #expect(actual.count == expected.count && worst <= 1e-5 * max(1e-2, largest), "\(binding.name): off by \(worst)")
      compared += 1
    }
    #expect(compared == 76)
  }

  @Test func tenStepsOfAdamW() throws {
    let golden = try Golden(folder)
    let optimizer = Optimizer(
      AdamW(beta1: 0.9, beta2: 0.95, epsilon: 1e-8), golden.objective.parameters, weightDecay: 0.05)
    let losses = (0..<10).map { _ in
      let tape = Tape()
      let loss = tape.record { golden.objective.loss(golden.patches, golden.mask).total }
      optimizer.step(tape.gradients(of: loss), rate: 1e-3)
      return Double(loss.scalar)
    }
    expectClose(losses, try golden.numbers("losses"), 1e-5, "losses")
  }

  @Test(arguments: MaskedAutoencoderNames.allCases) func whatIsWrittenIsReadAgain(names: MaskedAutoencoderNames) throws
  {
    let golden = try Golden(folder)
    let copy = "/tmp/diptych-mae-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(copy) }
    // make_mae.py checks such a folder with transformers.
    if names == .hub, let kept = getenv("DIPTYCH_MAE_COPY") { try golden.model.write(to: String(cString: kept)) }
    try golden.model.write(to: copy, names: names)
    let again = try MaskedModel(copy)
    #expect(again.normalizesPatches && again.maskRatio == 0.75)
    #expect(again.autoencoder.shape == golden.model.autoencoder.shape)
    #expect(again.preprocessing == golden.model.preprocessing)
    #expect(
      again.autoencoder.predictions(golden.patches, golden.mask).values
        == golden.model.autoencoder.predictions(golden.patches, golden.mask).values)
  }

  @Test(arguments: [
    (#""patch_size": 4"#, #""patch_size": 8"#), (#""patch_size": 4"#, #""patch_size": 5"#),
    (#""hidden_size": 24"#, #""hidden_size": 1073741823"#),
    (#""num_hidden_layers": 2"#, #""num_hidden_layers": 999999999"#),
    (#""hidden_size": 24"#, #""hidden_size": 25"#), (#""mask_ratio": 0.75"#, #""mask_ratio": 1.5"#),
    (#""qkv_bias": true"#, #""qkv_bias": false"#), (#""model_type": "vit_mae""#, #""model_type": "clip""#),
    (#""decoder_num_attention_heads": 2"#, #""decoder_num_attention_heads": 3"#),
    (#""norm_pix_loss": true"#, #""norm_pix_loss": "yes""#), (#""image_size": 16"#, #""image_size": 0"#),
  ]) func aLieInTheConfigurationIsFound(was: String, lie: String) throws {
    let copy = "/tmp/diptych-mae-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(copy) }
    try makeFolder(copy)
    let text = try readText(join(folder, "config.json"))
    let changed = text.split(separator: was, maxSplits: 1).joined(separator: lie)
    #expect(changed != text)
    try writeFile(join(copy, "config.json"), changed)
    try writeFile(join(copy, "model.safetensors"), readFile(join(folder, "model.safetensors")))
    #expect(throws: ModelError.self) { try MaskedModel(copy) }
  }
}
