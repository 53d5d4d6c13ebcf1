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

  /// A link to nothing is a picture that cannot be read, whether its name says that it was one or not.
  @Test func lostLinksAreNamed() throws {
    symlink("nowhere.png", folder("pics/lost.png"))
    symlink("/none/holidays", folder("pics/holidays"))
    symlink("nowhere.txt", folder("pics/notes.txt"))
    symlink("circle.png", folder("circle.png"))
    let outcome = try run("embed", "--model", model, "--images", "pics", "--out", "e.npy")
    let lines = outcome.errors.split(separator: "\n")
    #expect(outcome.code == 1 && lines.count == 2, "\(outcome)")
    #expect(lines.first?.hasPrefix("diptych: pics/holidays: a link that leads to nothing") == true, "\(outcome)")
    #expect(lines.last?.hasPrefix("diptych: pics/lost.png: a link that leads to nothing") == true, "\(outcome)")
    let skipped = try run("embed", "--model", model, "--images", "pics", "--out", "e.npy", "--skip-bad")
    #expect(skipped.code == 0 && skipped.errors.contains("left out 2 of 3 pictures"), "\(skipped)")
    let circle = try run("embed", "--model", model, "--images", "circle.png", "--out", "e.npy")
    #expect(circle.isOneLine(1, containing: "circle.png: cannot read: its links lead in a circle"), "\(circle)")
    let folder = try run("embed", "--model", "circle.png", "--images", "pics", "--out", "e.npy")
    #expect(folder.isOneLine(1, containing: "circle.png: its links lead in a circle"), "\(folder)")
  }

  /// Rows of nothing are no result.
  @Test func nothingButBadPicturesIsAnError() throws {
    try makeFolder(folder("bad"))
    for name in ["a", "b"] { try writeFile(folder("bad/\(name).png"), "no picture") }
    let outcome = try run("embed", "--model", model, "--images", "bad", "--out", "e.npy", "--skip-bad")
    #expect(
      outcome.isOneLine(1, containing: "bad: none of 2 pictures can be used; the first: bad/a.png"), "\(outcome)")
    #expect(kind(of: folder("e.npy")) == .absent)
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

  /// Neither what is read nor any other model's or run's file is replaced by a result, by whatever way it is reached.
  @Test func resultsReplaceNoModel() throws {
    try makeFolder(folder("m/checkpoints/step-1"))
    for name in ["config.json", "model.safetensors"] {
      try writeFile(folder("m/\(name)"), readFile(join(model, name)))
    }
    let step = ["checkpoints/step-1/state.safetensors", "checkpoints/step-1/progress.json"]
    for name in ["metrics.jsonl", "vocab.json"] + step {
      try writeFile(folder("m/\(name)"), "{}")
    }
    symlink("m/model.safetensors", folder("link.npy"))
    let before = try filesBelow(folder("m")).map { try readFile($0) }
    let names = ["config.json", "model.safetensors", "metrics.jsonl", "vocab.json"] + step
    for out in names.map({ "m/\($0)" }) + ["link.npy"] {
      let words = ["embed", "--model", model, "--images", "pics", "--out", out]
      let outcome = try Executable.run(words, in: folder.path)
      #expect(outcome.isOneLine(1, containing: "\(out): belongs to a model or a run"), "\(outcome)")
    }
    for words in [["index", "--model", model, "--images", "pics"], ["data", "inspect", "shapes", "--number", "1"]] {
      let outcome = try Executable.run(words + ["--out", "m/metrics.jsonl"], in: folder.path)
      #expect(outcome.isOneLine(1, containing: "m/metrics.jsonl: belongs to a model or a run"), "\(outcome)")
    }
    #expect(try filesBelow(folder("m")).map { try readFile($0) } == before)
    let own = try run("embed", "--model", model, "--images", "pics", "--out", "pics/a.png")
    #expect(own.isOneLine(1, containing: "pics/a.png: is what is read here"), "\(own)")
    // Beside a model there is room for results, once and again.
    for _ in 0..<2 { #expect(try run("embed", "--model", model, "--images", "pics", "--out", "m/e.npy").code == 0) }
  }

  /// A file that was changed has one row, that of what it holds now.
  @Test func changedFilesAreEmbeddedAnew() throws {
    #expect(try run("index", "--model", model, "--images", "pics", "--out", "p.index", "--quiet").code == 0)
    try writeFile(folder("old.png"), readFile(folder("pics/a.png")))
    let drawn = try run("data", "inspect", "shapes", "--number", "9", "--out", "pics/a.png", "--quiet")
    #expect(drawn.code == 0)
    let added = try run("index", "--model", model, "--images", "pics", "--out", "p.index", "--add")
    #expect(added.code == 0 && added.errors.contains("1 pictures and 0 captions, 0 and 0 of them new"), "\(added)")
    #expect(added.errors.contains("1 pictures embedded anew, whose files were changed"), "\(added)")
    // The last bit of an embedding's product with itself depends on the CPU.
    func similarity(to picture: String) throws -> Double {
      let words = try run("search", "p.index", "--image", picture).output.split(whereSeparator: \.isWhitespace)
      #expect(words.count == 3 && words.first == "1" && words.last == "pics/a.png", "\(words)")
      return try #require(words.dropFirst().first.flatMap { Double($0) })
    }
    #expect(try abs(similarity(to: "pics/a.png") - 1) < 1e-6)
    #expect(try similarity(to: "old.png") < 1 - 1e-6)
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

  /// What has no end and what is no text is refused before memory is gone; a pipe is as good as a file.
  @Test func textsThatDoNotEnd() throws {
    for path in ["/dev/zero", "/dev/urandom", "/dev/full"] {
      let outcome = try run("tokenizer", "train", "--captions", path, "--vocab-size", "600", "--out", "t")
      #expect(outcome.isOneLine(1, containing: "\(path): is a device, which has no end"), "\(outcome)")
      let embedded = try run("embed", "--model", model, "--texts", path, "--out", "e.npy")
      #expect(embedded.isOneLine(1, containing: "\(path): is a device, which has no end"), "\(embedded)")
    }
    func piped(_ command: String) throws -> Outcome {
      try Executable.run(
        ["-c", "\(command) | \"$0\" tokenizer train --captions /dev/stdin --vocab-size 600 --out t", Executable.path],
        in: folder.path, program: "/bin/sh")
    }
    #expect(try piped("printf 'a b\\nb a\\n'").code == 0)
    try remove(folder("t"))
    let endless = try piped("cat /dev/zero")
    #expect(endless.isOneLine(1, containing: "/dev/stdin: line 1 has more than 16 MB"), "\(endless)")
    let noise = try piped("yes 'caf\u{1F600}' | tr '\\360' '\\377'")
    #expect(noise.isOneLine(1, containing: "/dev/stdin: line 1 is not valid UTF-8"), "\(noise)")
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
