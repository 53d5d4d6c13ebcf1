import Files
import TestSupport
import Testing

/// A folder with a run, pictures, tables and indexes, sound and damaged ones.
final class MisuseFolder {
  private let scratch: ScratchFolder
  var path: String { scratch.path }

  init() throws {
    scratch = try ScratchFolder()
    try texts()
    for (name, seed) in [("run", "0"), ("second", "7")] {
      try run(["train", "tiny.json5", "--out", name, "--seed", seed, "--quiet"])
    }
    try run(["data", "inspect", "shapes", "--number", "1", "--out", "pic.png", "--quiet"])
    try pictures()
    try models()
    try run(["index", "--model", "run", "--images", "pics", "--out", "pics.index", "--quiet"])
    let index = try readFile(scratch("pics.index"))
    try writeFile(scratch("cut.index"), index.dropLast(40))
    var flipped = index
    flipped[index.count / 2] ^= 4
    try writeFile(scratch("flipped.index"), flipped)
  }

  /// Paths and sizes of all files. A lock holds the number of the last process, long or short.
  func listing() throws -> [String: Int] {
    let files = try filesBelow(path).filter { fileName($0) != ".lock" }
    return Dictionary(uniqueKeysWithValues: try files.map { ($0, try readFile($0).count) })
  }

  private func run(_ words: [String]) throws {
    let outcome = try Executable.run(words, in: path)
    try #require(outcome.code == 0, "\(words): \(outcome)")
  }

  private func texts() throws {
    let recipe = """
      // A run of a few steps.
      { method: "clip", steps: 2, batch_size: 8, precision: "fp32",
        data: { set: "shapes", tokenizer_captions: 100, threads: 1 },
        model: { image_size: 16, patch_size: 8, vocabulary: 600, embedding: 8,
          vision: { width: 12, depth: 1, heads: 1 }, text: { width: 12, depth: 1, heads: 1 } },
        checkpoint: { every: 1 } }
      """
    try writeFile(scratch("tiny.json5"), recipe)
    try writeFile(scratch("other.json5"), recipe.split(separator: "12").joined(separator: "14"))
    let noise = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 167 + 13) }
    for name in ["noise.json5", "noise.tsv", "noise.index", "noise.tar"] { try writeFile(scratch(name), noise) }
    for (name, text) in [
      ("empty.json5", ""), ("empty.png", ""), ("list.json5", "[1, 2]"), ("text.txt", "hello\n"),
      ("missing.tsv", "filepath\ttitle\nnone.png\ta thing\n"), ("header.tsv", "filepath\ttitle\n"),
      ("pictures.tsv", "filepath\ttitle\npics/a.png\tshapes\n"),
      ("twice.tsv", "filepath\ttitle\tfilepath\npics/a.png\tshapes\tpics/a.png\n"),
      ("capital.tsv", "FilePath\ttitle\npics/a.png\tshapes\n"),
    ] {
      try writeFile(scratch(name), text)
    }
    try writeFile(scratch("latin1.txt"), Array("caf".utf8) + [0xE9, 0x0A])
    try writeFile(scratch("pickle.pt"), [0x80, 2, 0x8A, 0x0A] + [UInt8](repeating: 0, count: 50))
  }

  private func pictures() throws {
    let picture = try readFile(scratch("pic.png"))
    for folder in ["dir", "cuts", "pics", "classes/circle"] { try makeFolder(scratch(folder)) }
    for name in ["pics/a.png", "classes/circle/a.png"] { try writeFile(scratch(name), picture) }
    try writeFile(scratch("dir/pickle.pt"), readFile(scratch("pickle.pt")))
    for name in ["cut.png", "cuts/cut.png"] { try writeFile(scratch(name), picture.prefix(picture.count / 2)) }
  }

  private func models() throws {
    for name in ["damaged", "damaged-model", "noweights"] { try copy("run", to: name) }
    for step in try namesInFolder(scratch("damaged/checkpoints")) {
      let state = scratch("damaged/checkpoints/\(step)/state.safetensors")
      let bytes = try readFile(state)
      try writeFile(state, bytes.prefix(bytes.count / 2))
    }
    try writeFile(scratch("damaged-model/model.safetensors"), readFile(scratch("run/model.safetensors")).dropLast(9))
    try remove(scratch("noweights/model.safetensors"))
    try remove(scratch("noweights/checkpoints"))
    for folder in ["foreign", "broken-run"] { try makeFolder(scratch(folder)) }
    try writeFile(scratch("foreign/config.json"), "{\"model_type\": \"llama\"}")
    try writeFile(scratch("broken-run/metrics.jsonl"), "nonsense\nnonsense\n")
  }

  private func copy(_ source: String, to target: String) throws {
    for file in try filesBelow(scratch(source)) {
      let copy = scratch(target) + file.dropFirst(scratch(source).count)
      try makeFolder(parentFolder(copy))
      try writeFile(copy, readFile(file))
    }
  }
}
