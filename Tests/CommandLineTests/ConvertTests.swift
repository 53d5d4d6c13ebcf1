import Files
import JSON
import Safetensors
import TestSupport
import Testing

@Suite struct ConvertTests {
  let folder: ScratchFolder
  /// A small model of Hugging Face's, without a tokenizer.
  let model = join(parentFolder(parentFolder(#filePath)), "ModelFoldersTests/Fixtures/hf-clip")

  init() throws { folder = try ScratchFolder() }

  @Test func thereAndBack() throws {
    let there = try Executable.run(["convert", model, "--to", "open_clip", "--out", "there"], in: folder.path)
    #expect(there.code == 0 && there.output.isEmpty, "\(there)")
    #expect(there.errors.contains("there is no tokenizer to write; --tokenizer DIR"), "\(there)")
    let seen = try Executable.run(["inspect", "there", "--json"], in: folder.path)
    #expect(try JSONValue(parsing: seen.output)["architecture"] == "open_clip", "\(seen)")
    let back = try Executable.run(["convert", "there", "--to", "hf", "--out", "back"], in: folder.path)
    #expect(back.code == 0, "\(back)")
    func tensors(_ path: String) throws -> [String] {
      let outcome = try Executable.run(["inspect", path, "--json"], in: folder.path)
      return (try JSONValue(parsing: outcome.output)["tensors"]?.array ?? []).map { $0.text() }.sorted()
    }
    #expect(try tensors("back") == tensors(model))
    #expect(try tensors("back").count > 30)
  }

  /// A shell's completion ends a folder with a slash; the tokenizer is named all the same.
  @Test(arguments: ["there", "there/", "./there//"]) func theTokenizerIsNamedByItsFolder(out: String) throws {
    let outcome = try Executable.run(["convert", model, "--to", "open_clip", "--out", out], in: folder.path)
    #expect(outcome.code == 0, "\(outcome)")
    let text = try JSONValue(file: folder("there/open_clip_config.json"))["model_cfg"]?["text_cfg"]
    #expect(text?["hf_tokenizer_name"] == "there")
  }

  @Test func maskedAutoencodersThereAndBack() throws {
    let masked = join(parentFolder(model), "hf-mae")
    for (source, format, target) in [(masked, "hf", "hub"), (masked, "mae", "original"), ("original", "hf", "back")] {
      let outcome = try Executable.run(["convert", source, "--to", format, "--out", target], in: folder.path)
      #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome)")
    }
    let names = try SafetensorsFile(folder("original/model.safetensors")).tensors.map(\.name)
    #expect(names.contains("decoder_blocks.0.attn.qkv.weight") && names.contains("mask_token"))
    #expect(try readFile(folder("back/model.safetensors")) == readFile(folder("hub/model.safetensors")))
    let wrong = try Executable.run(["convert", masked, "--to", "open_clip", "--out", "x"], in: folder.path)
    #expect(wrong.isOneLine(1, containing: "is a masked autoencoder"), "\(wrong)")
    let words = ["convert", masked, "--to", "hf", "--tokenizer", model, "--out", "x"]
    let needless = try Executable.run(words, in: folder.path)
    #expect(needless.isOneLine(2, containing: "--tokenizer says nothing of a masked autoencoder"), "\(needless)")
  }

  /// A file that may not grow is a disk that is full, as far as a program can tell.
  @Test func aFullDiskLeavesNoEmptyFolder() throws {
    let script = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\""
    let full = try Executable.run(
      ["-c", script, Executable.path, "convert", model, "--to", "hf", "--out", "a/b"], in: folder.path,
      program: "/bin/sh")
    #expect(full.isOneLine(1, containing: "a/b/model.safetensors: cannot write"), "\(full)")
    #expect(kind(of: folder("a")) == .absent)
  }

  /// What a killed one has left does not stand in the way of the next, and a folder with other things in it keeps them.
  @Test func itCanBeRepeated() throws {
    try makeFolder(folder(".partial-x"))
    try writeFile(folder(".partial-x/model.safetensors"), "half")
    #expect(try Executable.run(["convert", model, "--to", "hf", "--out", "x"], in: folder.path).code == 0)
    #expect(try namesInFolder(folder.path) == ["x"])
    try makeFolder(folder("y"))
    try writeFile(folder("y/notes.txt"), "mine")
    #expect(try Executable.run(["convert", model, "--to", "hf", "--out", "y"], in: folder.path).code == 0)
    #expect(try namesInFolder(folder("y")) == (namesInFolder(folder("x")) + ["notes.txt"]).sorted())
    #expect(try readText(folder("y/notes.txt")) == "mine")
  }

  /// Whatever it is that shows that a model lies there.
  @Test(arguments: ["config.json", "model.safetensors", "open_clip_model.safetensors", "recipe.json5", "checkpoints"])
  func aFolderInUseIsLeftAlone(name: String) throws {
    try makeFolder(folder("x"))
    try writeFile(folder("x/\(name)"), "x")
    let outcome = try Executable.run(["convert", model, "--to", "hf", "--out", "x"], in: folder.path)
    #expect(outcome.isOneLine(1, containing: "x/\(name): is there already"), "\(outcome)")
    try writeFile(folder("words.txt"), "a a\n")
    let words = ["tokenizer", "train", "--captions", "words.txt", "--vocab-size", "600", "--out", "x"]
    #expect(try Executable.run(words, in: folder.path).isOneLine(1, containing: "x: holds \(name)"))
  }

  @Test func mistakes() throws {
    func convert(_ words: String...) throws -> Outcome { try Executable.run(["convert"] + words, in: folder.path) }
    #expect(try convert("none", "--to", "hf", "--out", "x").isOneLine(1, containing: "none: there is no such folder"))
    #expect(try convert(model, "--to", "onnx", "--out", "x").isOneLine(2, containing: "onnx is not known"))
    #expect(try convert(model, "--out", "x").code == 2)
    try makeFolder(folder("empty"))
    #expect(try convert("empty", "--to", "hf", "--out", "x").isOneLine(1, containing: "holds no model"))
    #expect(try convert(model, "--to", "hf", "--out", model).isOneLine(1, containing: "is there already"))
    #expect(try convert(model, "--to", "mae", "--out", "x").isOneLine(1, containing: "is a joint embedding"))
    let siglip = join(parentFolder(model), "hf-siglip")
    let strange = try convert(siglip, "--to", "open_clip", "--out", "x")
    #expect(strange.isOneLine(1, containing: "hf-siglip: open_clip has no model"), "\(strange)")
    let custom = join(parentFolder(model), "open-clip-custom")
    let refused = try convert(custom, "--to", "hf", "--out", "x")
    #expect(refused.isOneLine(1, containing: "its SiglipModel has no picture tower with pooling mean"), "\(refused)")
    #expect(kind(of: folder("x")) == .absent)
  }
}
