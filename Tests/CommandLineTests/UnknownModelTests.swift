import Files
import JSON
import Safetensors
import TestSupport
import Testing

/// Folders of models that are not known here: what is said of them.
@Suite struct UnknownModelTests {
  let folder: ScratchFolder
  private let fixtures = join(parentFolder(parentFolder(#filePath)), "ModelFoldersTests/Fixtures")

  init() throws {
    folder = try ScratchFolder(inMemory: true)
    try makeFolder(folder("model"))
    try writeFile(folder("texts"), "a\n")
    let drawn = try Executable.run(
      ["data", "inspect", "shapes", "--number", "1", "--out", "a.png", "--quiet"], in: folder.path)
    try #require(drawn.code == 0, "\(drawn)")
  }

  private func embed() throws -> Outcome {
    try Executable.run(["embed", "--model", "model", "--images", "a.png", "--out", "e.npy"], in: folder.path)
  }

  private func copy(_ name: String, _ files: String...) throws {
    for file in files { try writeFile(folder("model/\(file)"), readFile(join(fixtures, "\(name)/\(file)"))) }
  }

  @Test func pointersOfGitLFS() throws {
    try copy("hf-clip", "config.json")
    try writeFile(
      folder("model/model.safetensors"),
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1\nsize 12\n")
    let outcome = try embed()
    #expect(outcome.isOneLine(1, containing: "model/model.safetensors: a Git LFS pointer"), "\(outcome)")
    #expect(outcome.errors.contains("run git lfs pull"))
  }

  @Test func quantizedWeights() throws {
    try copy("hf-clip", "config.json")
    let weights = try SafetensorsFolder(join(fixtures, "hf-clip"))
    let name = "vision_model.encoder.layers.0.mlp.fc1.weight"
    var writer = try SafetensorsWriter(
      folder("model/model.safetensors"),
      weights.tensors.map { $0.name == name ? TensorLayout(name, .i64, $0.shape) : $0 })
    for tensor in weights.tensors {
      let values = try weights.floats(tensor.name)
      if tensor.name == name { try writer.write(values.map { Int64($0) }) } else { try writer.write(values) }
    }
    try writer.commit()
    let outcome = try embed()
    #expect(outcome.isOneLine(1, containing: "\(name) is of type I64, and quantized weights are not"), "\(outcome)")
  }

  @Test(arguments: ["wide_resnet50_2", "resnet101", "convnext_tiny"]) func timmsOthers(name: String) throws {
    try copy("torchvision-resnet18", "model.safetensors")
    try writeFile(folder("model/config.json"), "{\"architecture\": \"\(name)\"}")
    let outcome = try embed()
    #expect(
      outcome.isOneLine(1, containing: "architecture \(name) is not known here; resnet18, resnet34"), "\(outcome)")
  }

  @Test func plainTransformers() throws {
    try writeFile(folder("model/config.json"), "{\"model_type\": \"vit\", \"architectures\": [\"ViTModel\"]}")
    var writer = try SafetensorsWriter(
      folder("model/model.safetensors"), [TensorLayout("embeddings.cls_token", .f32, [1])])
    try writer.write([0] as [Float])
    try writer.commit()
    let outcome = try embed()
    #expect(outcome.isOneLine(1, containing: "model: is a ViTModel, which has no classifier"), "\(outcome)")
  }

  @Test func activations() throws {
    try copy("hf-clip", "config.json", "model.safetensors")
    let text = try readText(folder("model/config.json"))
    let name = try #require(JSONValue(parsing: text)["vision_config"]?["hidden_act"]?.string)
    try writeFile(folder("model/config.json"), text.replacing("\"\(name)\"", with: "\"relu\""))
    let refused = try Executable.run(["convert", "model", "--to", "open_clip", "--out", "x"], in: folder.path)
    #expect(refused.isOneLine(1, containing: "model: open_clip has no model whose activation is relu"), "\(refused)")
    #expect(kind(of: folder("x")) == .absent)
    try writeFile(folder("model/config.json"), text.replacing("\"\(name)\"", with: "\"silu\""))
    let unknown = try embed()
    #expect(unknown.isOneLine(1, containing: "hidden_act silu is not known here; "), "\(unknown)")
    // Another name of a function that is known.
    try writeFile(folder("model/config.json"), text.replacing("\"\(name)\"", with: "\"gelu_python\""))
    #expect(try embed().code == 0)
    let rows = try readFile(folder("e.npy"))
    try writeFile(folder("model/config.json"), text.replacing("\"\(name)\"", with: "\"gelu\""))
    #expect(try embed().code == 0)
    #expect(try readFile(folder("e.npy")) == rows)
  }
}
