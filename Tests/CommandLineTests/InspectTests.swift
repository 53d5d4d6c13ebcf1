import Files
import JSON
import Safetensors
import TestSupport
import Testing

@Suite struct InspectTests {
  let folder: ScratchFolder
  init() throws {
    folder = try ScratchFolder()
    try makeFolder(folder("model"))
    var writer = try SafetensorsWriter(
      folder("model/model.safetensors"),
      [TensorLayout("layer.weight", .f32, [2, 3]), TensorLayout("position_ids", .i64, [1, 2])])
    try writer.write([1, 2, 3, 4, 5, 6] as [Float])
    try writer.write([0, 1] as [Int64])
    try writer.commit()
  }

  func inspect(_ path: String) throws -> JSONValue {
    let outcome = try Executable.run(["inspect", path, "--json"], in: folder.path)
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    return try JSONValue(parsing: outcome.output)
  }

  @Test func kinds() throws {
    var expected: JSONValue = [
      "kind": "weights", "architecture": nil, "parameters": 6, "trainable": 6,
      "tensors": [
        ["name": "layer.weight", "dtype": "F32", "shape": [2, 3]],
        ["name": "position_ids", "dtype": "I64", "shape": [1, 2]],
      ],
    ]
    #expect(try inspect("model/model.safetensors") == expected)

    try writeFile(folder("model/config.json"), #"{"architectures": ["CLIPModel"], "model_type": "clip"}"#)
    guard case .object(var members) = expected else { return }
    members["kind"] = "model"
    members["architecture"] = "CLIPModel"
    expected = .object(members)
    #expect(try inspect("model") == expected)

    try writeFile(folder("model/recipe.json5"), "{}")
    #expect(try inspect("model")["kind"] == "run")
  }

  /// What batch norms remember is not learnt, and timm's folders name their architecture in another way.
  @Test func runningStatisticsAreNoParameters() throws {
    try makeFolder(folder("net"))
    try writeFile(folder("net/config.json"), #"{"architecture": "resnet18"}"#)
    var writer = try SafetensorsWriter(
      folder("net/model.safetensors"),
      [TensorLayout("bn1.weight", .f32, [2]), TensorLayout("bn1.running_mean", .f32, [2])])
    for _ in 0..<2 { try writer.write([1, 2] as [Float]) }
    try writer.commit()
    let found = try inspect("net")
    #expect(found["architecture"] == "resnet18")
    #expect(found["parameters"] == 2 && found["trainable"] == 2)
  }

  @Test func fixedPositionsAreNotTrained() throws {
    let found = try inspect(join(parentFolder(parentFolder(#filePath)), "ModelFoldersTests/Fixtures/hf-mae"))
    let positions = (found["tensors"]?.array ?? []).filter {
      ["vit.embeddings.position_embeddings", "decoder.decoder_pos_embed"].contains($0["name"]?.string)
    }
    let fixed = positions.reduce(0) { $0 + ($1["shape"]?.array ?? []).reduce(1) { $0 * ($1.int ?? 0) } }
    #expect(positions.count == 2 && found["parameters"]?.int == (found["trainable"]?.int ?? 0) + fixed)
  }

  @Test func theTextForPeople() throws {
    let outcome = try Executable.run(["inspect", "model"], in: folder.path)
    #expect(
      outcome.output == """
        model, model/model.safetensors
        6 parameters in 2 tensors
          layer.weight  F32   [2, 3]
          position_ids  I64   [1, 2]

        """)
  }

  @Test func damagedConfigurations() throws {
    try writeFile(folder("model/config.json"), "{")
    let outcome = try Executable.run(["inspect", "model"], in: folder.path)
    #expect(outcome.isOneLine(1, containing: "model/config.json:1:2: the text ends"), "\(outcome)")
  }
}
