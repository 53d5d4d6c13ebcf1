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

/// A small model that another program made, and what came out of it there; the scripts in Fixtures made them.
enum GoldenModel: String, CaseIterable {
  case huggingFaceCLIP = "hf-clip"
  case huggingFaceSigLIP = "hf-siglip"
  case openCLIP = "open-clip"
  /// A text tower in a part of its own, pictures pooled by their mean, SigLIP's loss; bf16.
  case openCLIPCustom = "open-clip-custom"
  /// SigLIP with timm's picture tower; fp16.
  case openCLIPSigLIP = "open-clip-siglip"

  var folder: String { join(join(parentFolder(#filePath), "Fixtures"), rawValue) }
}

/// A golden model with its batch.
struct GoldenReplay {
  let model: JointModel
  let golden: JSONValue
  let batch: Batch

  var objective: JointEmbedding { JointEmbedding(model.clip, loss: model.clip.shape.loss) }

  /// - Parameter folder: a copy of the model in another place or layout.
  init(_ source: GoldenModel, folder: String? = nil) throws {
    model = try JointModel(folder ?? source.folder)
    golden = try JSONValue(file: join(source.folder, "golden.json"))
    let count = try #require(golden["batch"]?.int)
    let (grid, side) = (model.clip.vision.shape.gridSize, model.clip.vision.shape.patchSize)
    // The fixture's pictures are planes; patches are (row, column, channel).
    let planes = Tensor(Self.numbers(golden["pixels"]).map { Float($0) }, [count, 3, grid, side, grid, side])
    let patches = planes.permuted([0, 2, 4, 3, 5, 1]).reshaped([count, grid * grid, side * side * 3])
    let ids = Self.numbers(golden["ids"]).map { Int32($0) }
    batch = Batch(views: [patches], ids: Tensor(ids: ids, [count, ids.count / count]))
  }

  static func numbers(_ value: JSONValue?) -> [Double] { (value?.array ?? []).compactMap(\.double) }

  func numbers(_ key: String) -> [Double] { Self.numbers(golden[key]) }

  func expectFeatures(_ tolerance: Double = 1e-5) {
    let embedded = objective.embed(batch)
    expectClose(embedded[0].values.map(Double.init), numbers("image"), tolerance, "image features")
    expectClose(embedded[1].values.map(Double.init), numbers("text"), tolerance, "text features")
    var logits = embedded[0].matmul(embedded[1], transposingOther: true) * model.clip.logitScale.value.exp()
    if let bias = model.clip.logitBias { logits = logits + bias.value }
    expectClose(logits.values.map(Double.init), numbers("logits"), tolerance, "logits")
  }
}

@Suite struct GoldenReplayTests {
  @Test(arguments: GoldenModel.allCases) func featuresLossAndGradients(source: GoldenModel) throws {
    let replay = try GoldenReplay(source)
    replay.expectFeatures()
    let tape = Tape()
    // Every text is its own: texts that were equal would be positives of each other here.
    let loss = tape.record { replay.objective(replay.batch) }
    expectClose([Double(loss.total.scalar)], [try #require(replay.golden["loss"]?.double)], 1e-5, "loss")
    let gradients = tape.gradients(of: loss.total)
    for binding in replay.model.bindings.all {
      let expected = try #require(replay.golden["gradient_norms"]?[binding.name]?.double, "\(binding.name)")
      let gradient = try #require(gradients[binding.parameter], "\(binding.name)")
      let norm = binding.values(in: gradient).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      // Keys' biases have no gradient but rounding: softmax does not see them.
      #expect(abs(norm - expected) <= 1e-5 * max(0.1, expected), "\(binding.name): \(norm), expected \(expected)")
    }
  }

  @Test(arguments: GoldenModel.allCases) func tenStepsOfAdamW(source: GoldenModel) throws {
    let replay = try GoldenReplay(source)
    let optimizer = Optimizer(
      AdamW(beta1: 0.9, beta2: 0.98, epsilon: 1e-6), replay.objective.parameters, weightDecay: 0.1)
    let losses = (0..<10).map { _ in
      let tape = Tape()
      let loss = tape.record { replay.objective(replay.batch).total }
      optimizer.step(tape.gradients(of: loss), rate: 1e-3)
      return Double(loss.scalar)
    }
    expectClose(losses, replay.numbers("losses"), 1e-5, "losses")
  }

  /// Half of the weights are enough for half of the work.
  @Test(arguments: GoldenModel.allCases) func oneTowerByItself(source: GoldenModel) throws {
    let replay = try GoldenReplay(source)
    let texts = try JointModel(source.folder, towers: .text)
    let pictures = try JointModel(source.folder, towers: .vision)
    let ids = try #require(replay.batch.ids)
    #expect(texts.clip.embed(ids: ids).values == replay.model.clip.embed(ids: ids).values)
    #expect(
      pictures.embed(patches: replay.batch.views[0]).values
        == replay.model.clip.embed(patches: replay.batch.views[0]).values)
  }
}
