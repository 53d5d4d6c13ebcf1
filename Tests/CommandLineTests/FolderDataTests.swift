import Files
import Glibc
import Images
import JSON
import TestSupport
import Testing

/// Folders of pictures as data sets, through the executable, with a classifier that learnt from one of them.
@Suite(.serialized) struct FolderDataTests {
  let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder(inMemory: true)
    // Black and white pictures.
    for (name, color) in [("dark", UInt8(0)), ("light", 255)] {
      try Image(width: 32, height: 32, color: (color, color, color)).write(folder("\(name).png"))
      for split in ["train", "val"] {
        try makeFolder(folder("set/\(split)/\(name)"))
        for number in 0..<4 {
          try writeFile(folder("set/\(split)/\(name)/\(number).png"), readFile(folder("\(name).png")))
        }
      }
    }
    try writeFile(
      folder("tiny.json5"),
      """
      { method: "classify", steps: 30, batch_size: 8, precision: "fp32",
        data: { set: "set", split: "train", augmentation: "decode|normalize(half)" },
        model: { image_size: 32, patch_size: 8, encoder: { width: 16, depth: 1, heads: 2 } },
        evaluate: { every: 30, split: "test" }, optimizer: { learning_rate: 0.01, warmup: 0 } }
      """)
  }

  private func run(_ words: String...) throws -> Outcome { try Executable.run(words, in: folder.path) }

  private func train() throws {
    let trained = try run("train", "tiny.json5", "--out", "run", "--quiet")
    try #require(trained.code == 0, "\(trained)")
  }

  private func evaluate(_ words: String...) throws -> Outcome {
    try Executable.run(["evaluate", words[0], "--model", "run", "--json", "--data"] + words[1...], in: folder.path)
  }

  @Test func foldersOfSplitsAreNoClasses() throws {
    try train()
    let shown = try run("data", "inspect", "set")
    #expect(shown.output.contains("2 classes: dark, light\n"), "\(shown)")
    #expect(shown.output.contains("splits: train, val; this is train\n"), "\(shown)")
    // There is no test: val it is, and that is said.
    for words in [["knn", "set", "--k", "3"], ["linear", "set"], ["classes", "set"]] {
      let outcome = try Executable.run(
        ["evaluate", words[0], "--model", "run", "--json", "--data"] + words[1...], in: folder.path)
      // Of four pictures a class none can be held out to choose by.
      let more = "no class has five training pictures: nothing to choose --c by, 1.0 is taken\n"
      let said = "set: no split test, val is taken\n" + (words[0] == "linear" ? more : "")
      #expect(outcome.code == 0 && outcome.errors == said, "\(outcome)")
      #expect(try JSONValue(parsing: outcome.output)["n"]?.int == 8, "\(outcome)")
    }
    for (option, name) in [("--split", "tset"), ("--train-split", "all"), ("--split", "test")] {
      let outcome = try evaluate("knn", "set", option, name)
      #expect(outcome.isOneLine(1, containing: "set: no split \(name); it has train, val"), "\(outcome)")
    }
    let none = try evaluate("classes", "set/val", "--split", "val")
    #expect(none.isOneLine(1, containing: "no split val; it has no splits"), "\(none)")
  }

  @Test func nobodyIsTestedOnTrainingPicturesUnasked() throws {
    try train()
    for words in [["knn"], ["linear"]] {
      let outcome = try evaluate(words[0], "set/val")
      #expect(
        outcome.isOneLine(1, containing: "set/val: training pictures and test pictures are the same"), "\(outcome)")
      let half = try evaluate(words[0], "set", "--split", "train")
      #expect(half.isOneLine(1, containing: "it has train, val: name two of them with --train-split and --split"))
    }
    let asked = try evaluate("knn", "set", "--split", "val", "--train-split", "val")
    #expect(asked.code == 0 && asked.errors.contains("as asked for\n"), "\(asked)")
  }

  @Test func classesAreToldByTheirNames() throws {
    try train()
    func copy(_ color: String, to target: String) throws {
      try makeFolder(folder(target))
      try writeFile(folder("\(target)/0.png"), readFile(folder("\(color).png")))
    }
    // The one class that is there is the model's second.
    try copy("light", to: "one/light")
    let one = try evaluate("classes", "one")
    #expect(one.code == 0 && one.errors.isEmpty, "\(one)")
    #expect(try JSONValue(parsing: one.output)["top1"]?.double == 1, "\(one)")
    // Other names, but as many.
    try copy("dark", to: "other/black")
    try copy("light", to: "other/white")
    let other = try evaluate("classes", "other")
    #expect(other.code == 0 && other.errors.contains("in order, black for dark"), "\(other)")
    #expect(try JSONValue(parsing: other.output)["top1"]?.double == 1, "\(other)")
    try copy("light", to: "three/dark")
    try copy("light", to: "three/light")
    try copy("light", to: "three/medium")
    let three = try evaluate("classes", "three")
    #expect(three.isOneLine(1, containing: "three: the model knows 2 classes, and not 1 of this set's 3: medium"))
    // One damaged picture is no reason to stop.
    try writeFile(folder("one/light/1.png"), readFile(folder("light.png")).dropLast(40))
    let damaged = try evaluate("classes", "one")
    #expect(damaged.code == 0 && damaged.errors.contains("left out: one/light/1.png: "), "\(damaged)")
    #expect(try JSONValue(parsing: damaged.output)["n"]?.int == 1, "\(damaged)")
  }

  /// Each part of a folder numbers its own classes; they are compared by their names.
  @Test func partsMayLackClasses() throws {
    try train()
    try makeFolder(folder("set/test/light"))
    try writeFile(folder("set/test/light/0.png"), readFile(folder("light.png")))
    for words in [["knn", "set", "--k", "1"], ["linear", "set"]] {
      let outcome = try Executable.run(
        ["evaluate", words[0], "--model", "run", "--json", "--data"] + words[1...], in: folder.path)
      #expect(try JSONValue(parsing: outcome.output)["top1"]?.double == 1, "\(outcome)")
    }
    let trained = try run("train", "tiny.json5", "--out", "again", "--quiet")
    #expect(trained.code == 0)
    let last = try readLines(folder("again/metrics.jsonl")).last { $0.contains("test_top1") }
    #expect(try JSONValue(parsing: last ?? "null")["parts"]?["test_top1"]?.double == 1, "\(last ?? "no line")")

    try makeFolder(folder("set/test/gray"))
    try writeFile(folder("set/test/gray/0.png"), readFile(folder("light.png")))
    let strange = try evaluate("knn", "set")
    #expect(
      strange.isOneLine(1, containing: "its class gray is not one of those that were learnt: dark, light"),
      "\(strange)")
  }

  @Test func aClassifierIsAnEncoderOfPictures() throws {
    try train()
    let embedded = try run("embed", "--model", "run", "--images", "set/val", "--out", "rows.npy")
    #expect(embedded.code == 0 && embedded.errors.isEmpty, "\(embedded)")
    let indexed = try run("index", "--model", "run", "--images", "set/val", "--out", "set.index")
    #expect(indexed.code == 0, "\(indexed)")
    let found = try run("search", "set.index", "--image", "light.png", "--json", "--top", "1")
    #expect(try JSONValue(parsing: found.output)["results"]?.array?.first?["path"]?.string == "set/val/light/0.png")
    // Paths are told in any spelling, and those that are not there are named.
    try writeFile(folder("copy.index"), readFile(folder("set.index")))
    for (path, code) in [("./set//val/dark/", Int32(0)), (folder("set/val/light/0.png"), 0), ("set/va", 1)] {
      let removed = try run("index", "--remove", path, "nowhere", "--out", "copy.index")
      #expect(removed.code == code && removed.errors.contains("has no pictures at "), "\(removed)")
      #expect(removed.errors.contains("nowhere"), "\(removed)")
    }
    let nothing = try run("search", "copy.index", "--image", "light.png")
    #expect(nothing.isOneLine(1, containing: "copy.index: is empty"), "\(nothing)")
    // What it is no use for is said before the work, with what it is of use for.
    try writeFile(folder("captions.tsv"), "filepath\ttitle\ndark.png\tnight\n")
    for words in [
      ["embed", "--texts", "tiny.json5", "--out", "t.npy"], ["search", "set.index", "--text", "night"],
      ["embed", "--images", "cut.png", "--texts", "tiny.json5", "--out", "t.npy"],
      ["index", "--captions", "captions.tsv", "--out", "c.index"], ["evaluate", "zeroshot", "--data", "set"],
      ["evaluate", "retrieval", "--data", "captions.tsv"], ["reconstruct", "dark.png", "--out", "r.png"],
    ] {
      try writeFile(folder("cut.png"), [0x89])
      let outcome = try Executable.run(words + ["--model", "run", "--quiet"], in: folder.path)
      #expect(outcome.isOneLine(1, containing: "evaluate classes, embed, index and "), "\(words): \(outcome)")
    }
  }

  @Test func namesThatNoPathCanSpellAreBadPictures() throws {
    try train()
    let name = Array(folder("set/val/dark/caf").utf8) + [0xE9] + Array(".png".utf8)
    try #require(
      link(folder("dark.png"), name.map { CChar(bitPattern: $0) } + [0]) == 0)
    defer { unlink(name.map { CChar(bitPattern: $0) } + [0]) }
    let complaint = "set/val/dark/caf\\xE9.png: its name is not UTF-8; rename it"
    let strict = try run("embed", "--model", "run", "--images", "set/val", "--out", "rows.npy")
    #expect(strict.isOneLine(1, containing: complaint), "\(strict)")
    let lenient = try run("embed", "--model", "run", "--images", "set/val", "--out", "rows.npy", "--skip-bad")
    #expect(lenient.code == 0 && lenient.errors.contains("left out 1 of 9 pictures"), "\(lenient)")
    let indexed = try run("index", "--model", "run", "--images", "set/val", "--out", "set.index")
    #expect(indexed.code == 0 && indexed.errors.contains("left out: \(complaint)\n"), "\(indexed)")
    let words = ["--set", "data.split=val", "--set", "evaluate.split=val", "--set", "data.max_bad=0.5"]
    let trained = try Executable.run(["train", "tiny.json5", "--out", "other", "--quiet"] + words, in: folder.path)
    #expect(trained.code == 0, "\(trained)")
    #expect(try readText(folder("other/bad-samples.jsonl")).contains("rename it"))
  }

  @Test func thumbnailsOfARunStandAsItsPictures() throws {
    var jpeg = try Image(width: 20, height: 10, color: (200, 100, 0)).encodedJPEG()
    // Exif with one entry, after the marker that starts the file: to be turned by a quarter.
    jpeg.insert(
      contentsOf: [0xFF, 0xE1, 0, 34] + Array("Exif\0\0II*\0".utf8) + [8, 0, 0, 0, 1, 0]
        + [0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0] + [0, 0, 0, 0], at: 2)
    for place in ["train/a", "train/b", "val/a", "val/b"] {
      try makeFolder(folder("turned/\(place)"))
      for number in 0..<4 { try writeFile(folder("turned/\(place)/\(number).jpg"), jpeg) }
    }
    for (exif, width, height) in [("on", 10, 20), ("off", 20, 10)] {
      let trained = try run(
        "train", "tiny.json5", "--out", exif, "--exif", exif, "--steps", "1", "--set", "data.set=turned", "--set",
        "data.augmentation=decode|resize(32)|center_crop(32)|normalize(half)", "--quiet")
      #expect(trained.code == 0, "\(trained)")
      let path = folder("\(exif)/snapshots/pictures/0.png")
      let shown = try decodeImage(readFile(path), name: path)
      #expect(shown.width == width && shown.height == height, "\(exif)")
    }
  }

  @Test func onePictureIsOneObject() throws {
    let plain = try run("data", "inspect", "dark.png", "--json")
    let object = try JSONValue(parsing: plain.output)
    #expect(object["format"]?.string == "png" && object["width"]?.int ?? 0 > 0, "\(plain)")
    try writeFile(folder("set/val/light/2.png"), readFile(folder("light.png")).dropLast(40))
    let sheet = try run("data", "inspect", "set", "--split", "val", "--out", "sheet.png", "--json")
    let unusable = try JSONValue(parsing: sheet.output)["unusable"]?.array ?? []
    #expect(unusable.map { $0["file"]?.string } == ["set/val/light/2.png"], "\(sheet)")
    #expect(unusable.first?["reason"]?.string?.contains("2.png") == false, "\(sheet)")
  }
}
