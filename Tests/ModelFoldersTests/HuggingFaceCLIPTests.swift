import Encoders
import Files
import JSON
import Layers
import ModelFolders
import Objectives
import Tensors
import TestSupport
import Testing
import Training

/// Golden values of `transformers.CLIPModel`; Fixtures/make_clip.py made them.
@Suite struct HuggingFaceCLIPTests {
  let folder = join(join(parentFolder(#filePath), "Fixtures"), "hf-clip")

  private func load() throws -> (model: CLIP, golden: JSONValue, batch: Batch) {
    let configuration = try JSONValue(file: join(folder, "config.json"))
    let model = try readHuggingFaceCLIP(folder, configuration)
    let golden = try JSONValue(file: join(folder, "golden.json"))
    let count = try #require(golden["batch"]?.int)
    // The fixture's pictures are planes [3, 24, 24]; patches are (row, column, channel).
    let planes = Tensor(numbers(golden["pixels"]).map { Float($0) }, [count, 3, 3, 8, 3, 8])
    let patches = planes.permuted([0, 2, 4, 3, 5, 1]).reshaped([count, 9, 192])
    let ids = Tensor(ids: numbers(golden["ids"]).map { Int32($0) }, [count, 9])
    return (model, golden, Batch(views: [patches], ids: ids))
  }

  private func numbers(_ value: JSONValue?) -> [Double] { (value?.array ?? []).compactMap(\.double) }

  @Test func featuresLossAndGradients() throws {
    let (model, golden, batch) = try load()
    let objective = JointEmbedding(model, loss: .softmax)
    let tape = Tape()
    let embedded = tape.record { objective.embed(batch) }
    expectClose(embedded[0].values.map(Double.init), numbers(golden["image"]), 1e-5, "image features")
    expectClose(embedded[1].values.map(Double.init), numbers(golden["text"]), 1e-5, "text features")
    let logits = embedded[0].matmul(embedded[1], transposingOther: true) * model.logitScale.value.exp()
    expectClose(logits.values.map(Double.init), numbers(golden["logits"]), 1e-5, "logits")
    // Every text is its own: texts that were equal would be positives of each other here.
    let loss = tape.record { objective.loss(of: embedded, batch) }
    expectClose([Double(loss.total.scalar)], [try #require(golden["loss"]?.double)], 1e-5, "loss")
    let gradients = tape.gradients(of: loss.total)
    for binding in model.huggingFaceBindings {
      let expected = try #require(golden["gradient_norms"]?[binding.name]?.double, "\(binding.name)")
      let gradient = try #require(gradients[binding.parameter], "\(binding.name)")
      let norm = binding.values(in: gradient).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      // Keys' biases have no gradient but rounding: softmax does not see them.
      #expect(abs(norm - expected) <= 2e-5 * max(0.1, expected), "\(binding.name): \(norm), expected \(expected)")
    }
  }

  @Test func tenStepsOfAdamW() throws {
    let (model, golden, batch) = try load()
    let objective = JointEmbedding(model, loss: .softmax)
    let optimizer = Optimizer(
      AdamW(beta1: 0.9, beta2: 0.98, epsilon: 1e-6), objective.parameters, weightDecay: 0.1)
    let losses = (0..<10).map { _ in
      let tape = Tape()
      let loss = tape.record { objective(batch).total }
      optimizer.step(tape.gradients(of: loss), rate: 1e-3)
      return Double(loss.scalar)
    }
    expectClose(losses, numbers(golden["losses"]), 2e-5, "losses")
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let (model, _, batch) = try load()
    let copy = "/tmp/diptych-clip-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(copy) }
    try writeCLIPFolder(model, to: copy, preprocessing: .init(size: 24, centring: .down), endOfText: 59)
    let again = try readHuggingFaceCLIP(copy, JSONValue(file: join(copy, "config.json")))
    let objective = JointEmbedding(model, loss: .softmax)
    #expect(JointEmbedding(again, loss: .softmax).embed(batch).map(\.values) == objective.embed(batch).map(\.values))
  }

  @Test func aMisshapenTensorIsNamed() throws {
    let text = try readText(join(folder, "config.json"))
    var configuration = try JSONValue(parsing: text)
    guard case .object(var object) = configuration, case .object(var vision) = object["vision_config"] else {
      Issue.record("no vision_config")
      return
    }
    vision["patch_size"] = 4
    object["vision_config"] = .object(vision)
    configuration = .object(object)
    #expect(throws: ModelError.self) { try readHuggingFaceCLIP(folder, configuration) }
  }
}
