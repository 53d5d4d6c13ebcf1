import Files
import JSON
import TestSupport
import Testing

/// A masked autoencoder through the executable: a few steps, its pictures, its features, its classifier.
@Suite struct ReconstructTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private static let recipe = """
    {
      method: "mae", steps: 4, batch_size: 4, precision: "fp32",
      data: { set: "shapes", split: "train", augmentation: "decode|normalize(half)" },
      model: { image_size: 32, patch_size: 8, encoder: { width: 16, depth: 1, heads: 2 },
        decoder: { width: 8, depth: 1, heads: 2 } },
      objective: { normalize_patches: true },
      reconstruct: { every: 2, pictures: 2, split: "val" },
      checkpoint: { every: 2 },
    }
    """

  private func run(_ words: String...) throws -> Outcome { try Executable.run(words, in: folder.path) }

  @Test func trainingShowsAndReconstructs() throws {
    try writeFile(folder("mae.json5"), Self.recipe)
    let trained = try run("train", "mae.json5", "--out", "run")
    #expect(trained.code == 0, "\(trained)")
    #expect(kind(of: folder("run/reconstructions.png")) == .file)
    #expect(
      try namesInFolder(folder("run/reconstructions")).sorted()
        == ["masked.png", "original.png", "step-2.png", "step-4.png"])

    let shown = try run(
      "reconstruct", "--model", "run", "--data", "shapes", "--split", "val", "--number", "2", "--seed", "1", "--seed",
      "2", "--mask-ratio", "0.5", "--out", "grid.png", "--json")
    #expect(shown.code == 0, "\(shown)")
    let images = try #require(try JSONValue(parsing: shown.output)["images"]?.array)
    #expect(images.count == 4)
    #expect(images.map { $0["seed"]?.int } == [1, 1, 2, 2])
    for image in images {
      #expect(image["mask_ratio"]?.double == 0.5 && image["path"]?.string?.isEmpty == false)
      for key in ["loss", "psnr", "pixel_loss", "baseline"] { #expect(image[key]?.double != nil, "\(key)") }
    }
    #expect(kind(of: folder("grid.png")) == .file)
    // The leak is named, and can be done without.
    let plain = try run("reconstruct", "--model", "run", "grid.png", "--out", "again.png")
    #expect(plain.output.contains("leak information"), "\(plain)")
    let honest = try run(
      "reconstruct", "--model", "run", "grid.png", "--out", "again.png", "--statistics", "neighbours")
    #expect(honest.output.contains("nothing leaks"), "\(honest)")

    let pixels = try run("train", "mae.json5", "--out", "pixels", "--set", "objective.normalize_patches=false")
    #expect(pixels.code == 0, "\(pixels)")
    let needless = try run(
      "reconstruct", "--model", "pixels", "grid.png", "--out", "x.png", "--statistics", "neighbours")
    #expect(needless.isOneLine(2, containing: "--statistics says nothing of pixels"), "\(needless)")
    let both = try run("reconstruct", "--model", "pixels", "grid.png", "--data", "shapes", "--out", "x.png")
    #expect(both.isOneLine(2, containing: "--data"), "\(both)")

    // The folder is an encoder of pictures, too.
    let embedded = try run("embed", "--model", "run", "--images", "grid.png", "--out", "rows.npy")
    #expect(embedded.code == 0, "\(embedded)")
    try writeFile(folder("texts.txt"), "a text\n")
    let texts = try run("embed", "--model", "run", "--texts", "texts.txt", "--out", "rows.npy")
    #expect(texts.isOneLine(1, containing: "pictures only"), "\(texts)")
  }

  @Test func mistakesAreOneLine() throws {
    try writeFile(folder("mae.json5"), Self.recipe)
    for (setting, complaint) in [
      ("model.patch_size=7", "do not divide"), ("model.encoder.width=18", "multiple of 4"),
      ("objective.mask_ratio=0", "hides none"), ("objective.mask=stripes", "stripes"),
      ("model.encoder.size=base", "leave one of them out"), ("reconstruct.split=nothing", "nothing"),
      ("model.decoder.heads=3", "3 heads"),
    ] {
      let outcome = try run("train", "mae.json5", "--out", "bad", "--set", setting)
      #expect(outcome.isOneLine(1, containing: complaint), "\(setting): \(outcome)")
    }
    for words in [["--model", "nowhere"], ["--model", "."], ["--model", "mae.json5"]] {
      let outcome = try Executable.run(
        ["reconstruct"] + words + ["--data", "shapes", "--out", "x.png"], in: folder.path)
      #expect(outcome.isOneLine(1, containing: ""), "\(words): \(outcome)")
    }
  }
}
