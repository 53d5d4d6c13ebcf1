import Files
import Glibc
import Safetensors
import TestSupport
import Testing

/// Rows of a NumPy file, and what is said about pictures and models that give none.
@Suite struct EmbedTests {
  let folder: ScratchFolder
  private let model = join(parentFolder(parentFolder(#filePath)), "ModelFoldersTests/Fixtures/hf-clip")

  init() throws {
    folder = try ScratchFolder(inMemory: true)
    try makeFolder(folder("pics"))
    let drawn = try Executable.run(
      ["data", "inspect", "shapes", "--number", "1", "--out", "pics/a.png", "--quiet"], in: folder.path)
    try #require(drawn.code == 0, "\(drawn)")
  }

  private func run(_ words: String...) throws -> Outcome { try Executable.run(words, in: folder.path) }

  private func damage(_ names: String...) throws {
    let picture = try readFile(folder("pics/a.png"))
    for name in names { try writeFile(folder(name), picture.prefix(picture.count / 2)) }
  }

  @Test func allBadPicturesAreNamedInQuietToo() throws {
    try damage("pics/b.png", "pics/c.png")
    let outcome = try run("embed", "--model", model, "--images", "pics", "--out", "e.npy", "--quiet")
    let lines = outcome.errors.split(separator: "\n")
    #expect(outcome.code == 1 && lines.count == 2, "\(outcome)")
    #expect(
      lines.first?.hasPrefix("diptych: pics/b.png: ") == true && lines.last?.hasPrefix("diptych: pics/c.png: ") == true)
    #expect(kind(of: folder("e.npy")) == .absent)
  }

  @Test func theListOfBadPicturesGoesWithTheRows() throws {
    try damage("pics/b.png")
    let words = ["embed", "--model", model, "--images", "pics", "--out", "e.npy", "--skip-bad", "--quiet"]
    #expect(try Executable.run(words, in: folder.path).code == 0)
    #expect(try readLines(folder("e.bad.jsonl")).count == 1)
    // Who does not ask for a list keeps what has its name.
    try writeFile(folder("other.bad.jsonl"), "mine")
    #expect(try run("embed", "--model", model, "--images", "pics/a.png", "--out", "other.npy").code == 0)
    #expect(try readText(folder("other.bad.jsonl")) == "mine")
    try remove(folder("pics/b.png"))
    #expect(try Executable.run(words, in: folder.path).code == 0)
    #expect(kind(of: folder("e.bad.jsonl")) == .absent)
  }

  /// Rows of NaN look like any others to those who search them. What was read is looked at, whether it is asked or not.
  @Test(arguments: ["vision_model.post_layernorm.weight", "text_model.final_layer_norm.weight"])
  func weightsThatAreNotFiniteAreAnError(name: String) throws {
    try makeFolder(folder("spoilt"))
    try writeFile(folder("spoilt/config.json"), readFile(join(model, "config.json")))
    let weights = try SafetensorsFolder(model)
    var writer = try SafetensorsWriter(folder("spoilt/model.safetensors"), weights.tensors)
    for tensor in weights.tensors {
      var values = try weights.floats(tensor.name)
      if tensor.name == name { values[0] = .nan }
      try writer.write(values)
    }
    try writer.commit()
    var commands = [
      ["index", "--model", "spoilt", "--images", "pics", "--out", "e.index"],
      ["convert", "spoilt", "--to", "open_clip", "--out", "e.npy"],
    ]
    // Pictures are embedded by their tower alone, and nothing else of the model is read.
    let embedding = ["embed", "--model", "spoilt", "--images", "pics", "--out", "e.npy"]
    if name.hasPrefix("vision") {
      commands.append(embedding)
    } else {
      #expect(try Executable.run(embedding, in: folder.path).code == 0)
      try remove(folder("e.npy"))
    }
    for words in commands {
      let outcome = try Executable.run(words, in: folder.path)
      #expect(outcome.isOneLine(1, containing: name) && outcome.errors.contains("spoilt"), "\(outcome)")
    }
    #expect(kind(of: folder("e.npy")) == .absent && kind(of: folder("e.index")) == .absent)
  }

  /// Neither one that cannot be listed nor one whose files can be listed and not reached.
  @Test(
    .enabled("a user who is not root has to reach the executable") { try EmbedTests.mayBeAsked() },
    arguments: [0o000, 0o444] as [mode_t])
  func aClosedFolderIsAnError(mode: mode_t) throws {
    try makeFolder(folder("pics/closed"))
    try writeFile(folder("pics/closed/b.png"), readFile(folder("pics/a.png")))
    try makeFolder(folder("out"))
    #expect(chmod(folder("out"), 0o777) == 0 && chmod(folder("pics/closed"), mode) == 0)
    defer { chmod(folder("pics/closed"), 0o755) }
    for words in [["embed", "out/e.npy"], ["index", "out/e.index"]] {
      let outcome = try Self.runAsNobody(
        [words[0], "--model", model, "--images", "pics", "--out", words[1]], in: folder.path)
      #expect(
        outcome.isOneLine(1, containing: "pics/closed: cannot list: permission denied; make the folder readable"),
        "\(outcome)")
    }
    #expect(try namesInFolder(folder("out")).isEmpty)
  }

  /// No folder is closed to root.
  private static func runAsNobody(_ words: [String], in folder: String) throws -> Outcome {
    let nobody = geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"]
    return try Executable.run(Array(nobody.dropFirst()) + [Executable.path] + words, in: folder, program: nobody[0])
  }

  private static func mayBeAsked() throws -> Bool {
    try withScratchFolder { try runAsNobody(["--version"], in: $0).code == 0 }
  }

  @Test func normsNeedSomethingToAdd() throws {
    try makeFolder(folder("odd"))
    try writeFile(folder("odd/model.safetensors"), readFile(join(model, "model.safetensors")))
    let text = try readText(join(model, "config.json"))
    for value in ["-1", "0", "1e99"] {
      try writeFile(folder("odd/config.json"), text.replacing("1e-05", with: value))
      let outcome = try run("embed", "--model", "odd", "--images", "pics", "--out", "e.npy")
      #expect(outcome.isOneLine(1, containing: "odd/config.json: layer_norm_eps is "), "\(outcome)")
    }
  }

  @Test func aModelThatMovedIsAskedFor() throws {
    try makeFolder(folder("model"))
    for name in ["config.json", "model.safetensors"] {
      try writeFile(folder("model/\(name)"), readFile(join(model, name)))
    }
    #expect(try run("index", "--model", "model", "--images", "pics", "--out", "p.index", "--quiet").code == 0)
    try remove(folder("model"))
    let lost = try run("search", "p.index", "--image", "pics/a.png")
    #expect(lost.isOneLine(1, containing: "--model M says where it lies now"), "\(lost)")
    #expect(try run("search", "p.index", "--image", "pics/a.png", "--model", model).code == 0)
  }
}
