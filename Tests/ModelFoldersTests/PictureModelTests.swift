import Encoders
import Files
import Images
import JSON
import Layers
import ModelFolders
import Objectives
import Safetensors
import Tensors
import TestSupport
import Testing

/// Residual networks as torchvision stores them; Fixtures/make_resnet.py made the golden values.
@Suite struct PictureModelTests {
  private func folder(_ name: String) -> String { join(join(parentFolder(#filePath), "Fixtures"), name) }

  @Test(arguments: ["torchvision-resnet18", "torchvision-resnet50"]) func featuresAreTorchvisions(name: String) throws {
    let network = try ResNet.torchvision(SafetensorsFolder(folder(name)))
    let golden = try JSONValue(file: join(folder(name), "golden.json"))
    let side = try #require(golden["side"]?.int)
    let x = (0..<2 * 3 * side * side).map { Float(sin(Double(Float($0) * 0.7))) }
    let features = network(Tensor(x, [2, side, side, 3]))
    let expected = (golden["features"]?.array ?? []).compactMap(\.double)
    expectClose(features.values.map(Double.init), expected, 1e-4, name)
    #expect(network.shape.stem == (side == 16 ? .cifar : .imagenet))
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var generator = Generator(seed: 5)
    let encoder = ProjectedEncoder(
      .resNet(ResNetShape(.resNet34, stem: .cifar, baseWidth: 2)), projector: HeadShape(hidden: [8], output: 4),
      &generator)
    let copy = "/tmp/diptych-resnet-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(copy) }
    guard case .resNet(let network) = encoder.backbone else {
      Issue.record("no ResNet was made")
      return
    }
    network.stemNorm.runningMean.value = Tensor([0.25, -0.5], [2])
    let objective = SimCLR(encoder)
    try writeBackboneFolder(
      encoder.backbone, beside: objective, to: copy, preprocessing: Preprocessing(size: 8, normalization: .cifar),
      method: "simclr")
    let again = try PictureModel(copy)
    #expect(again.preprocessing == Preprocessing(size: 8, normalization: .cifar))
    let pictures = (0..<2).map { picture in (0..<192).map { i in Float((192 * picture + i) % 17) / 17 } }
    let embedded: [Float] = again.embed(pixels: pictures).values
    let expected: [Float] = network(Tensor(pictures.flatMap { $0 }, [2, 8, 8, 3])).values
    #expect(embedded == expected)
    let heads = try SafetensorsFolder(join(copy, "heads.safetensors")).tensors.map(\.name)
    #expect(
      heads == [
        "encoder.projector.layers.0.linear.weight", "encoder.projector.layers.0.linear.bias",
        "encoder.projector.layers.1.linear.weight", "encoder.projector.layers.1.linear.bias",
      ])
  }

  @Test func anArchitectureThatIsNotTheWeightsIsNamed() throws {
    let copy = "/tmp/diptych-resnet-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(copy) }
    try makeFolder(copy)
    try writeFile(
      join(copy, "model.safetensors"),
      readFile(join(folder("torchvision-resnet18"), "model.safetensors"), limit: 1 << 20))
    try writeFile(join(copy, "config.json"), #"{"architecture": "resnet34"}"#)
    #expect(throws: ModelError.self) { try PictureModel(copy) }
    try writeFile(join(copy, "config.json"), #"{"architecture": "resnet19"}"#)
    #expect(throws: ModelError.self) { try PictureModel(copy) }
    // torchvision's folder with timm's configuration opens.
    try writeFile(
      join(copy, "config.json"), #"{"architecture": "resnet18", "pretrained_cfg": {"input_size": [3, 16, 16]}}"#)
    #expect(try PictureModel(copy).backbone.features == 24)
  }
}
