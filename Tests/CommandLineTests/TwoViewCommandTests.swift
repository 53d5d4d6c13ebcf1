import Files
import JSON
import Safetensors
import TestSupport
import Testing

/// Methods that compare two views, through the executable: runs that start from others, indexes and evaluations.
@Suite(.serialized) struct TwoViewCommandTests {
  let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder(inMemory: true)
    try makeFolder(folder("tiny"))
    try writeFile(folder("tiny/data_batch_1.bin"), Self.pictures(48))
    try writeFile(folder("tiny/test_batch.bin"), Self.pictures(18))
  }

  /// CIFAR's binary format: reddish, greenish and bluish pictures, each with stripes of its own.
  private static func pictures(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { picture in
      let label = picture % 3
      return [UInt8(label)]
        + (0..<3072).map { place in
          let (plane, row, column) = (place / 1024, place / 32 % 32, place % 32)
          let stripe = (row * (1 + picture % 5) + column * (1 + picture % 7)) / 6 % 2
          return UInt8((plane == label ? 150 : 40) + stripe * 50 + picture)
        }
    }
  }

  private func run(_ words: String...) throws -> Outcome { try Executable.run(words, in: folder.path) }

  /// Trains; what is said last counts.
  private func train(
    _ out: String, _ method: String, objective: String, model: String, steps: Int, _ more: [String] = []
  )
    throws -> Outcome
  {
    try writeFile(
      folder("\(out).json5"),
      """
      {
        method: "\(method)", steps: \(steps), batch_size: 16, precision: "fp32",
        data: {
          set: "tiny", split: "train", augmentation: "2 * decode|random_crop(16, scale: 0.5...1)|flip|normalize(half)",
        },
        model: { image_size: 16, \(model) },
        objective: { \(objective) },
        optimizer: { learning_rate: 3e-3, warmup: 2, schedule: "constant" },
        monitor: { every: 1, snapshots: 0 },
        checkpoint: { every: 100 },
      }
      """)
    return try Executable.run(["train", "\(out).json5", "--out", out, "--quiet"] + more, in: folder.path)
  }

  private let transformer = "backbone: \"vit\", patch_size: 8, width: 24, depth: 1, heads: 2"
  private let projector = "projector: { hidden: [24], output: 12, batch_norm: \"none\" }"
  /// A step that changes nothing, on other batches than the ones before.
  private let still = ["--set", "optimizer.learning_rate=0", "--seed", "5"]

  private func losses(_ run: String) throws -> [Double] {
    try readLines(folder("\(run)/metrics.jsonl")).compactMap { try JSONValue(parsing: $0)["loss"]?.double }
  }

  @Test func theSameMethodGoesOnWithItsHeads() throws {
    #expect(try train("old", "simclr", objective: projector, model: transformer, steps: 60).code == 0)
    let fresh = try train("fresh", "simclr", objective: projector, model: transformer, steps: 1, still)
    let more = try train(
      "more", "simclr", objective: projector, model: transformer, steps: 1, still + ["--init", "old"])
    #expect(fresh.code == 0 && more.code == 0, "\(fresh) \(more)")
    let end = try losses("old").suffix(5).reduce(0, +) / 5
    let (before, after) = (try #require(losses("fresh").first), try #require(losses("more").first))
    #expect(before > end + 0.5, "the old run has learnt something: from \(before) to \(end)")
    #expect(abs(after - end) < 0.3 * (before - end), "\(after) is as at the end, \(end), and not as before, \(before)")
    for file in ["model.safetensors", "heads.safetensors"] {
      #expect(try readFile(folder("old/\(file)")) == readFile(folder("more/\(file)")), "\(file)")
    }
  }

  @Test func anotherMethodTakesTheEncoderOnly() throws {
    #expect(try train("old", "simclr", objective: projector, model: transformer, steps: 5).code == 0)
    let objective = projector + ", momentum: 0.9, predictor: { hidden: [24], output: 12, batch_norm: \"none\" }"
    let fresh = try train("fresh", "byol", objective: objective, model: transformer, steps: 1, still)
    let other = try train(
      "other", "byol", objective: objective, model: transformer, steps: 1, still + ["--init", "old"])
    #expect(fresh.code == 0 && other.code == 0, "\(fresh) \(other)")
    #expect(try readFile(folder("old/model.safetensors")) == readFile(folder("other/model.safetensors")))
    #expect(try readFile(folder("old/model.safetensors")) != readFile(folder("fresh/model.safetensors")))
    // Its heads are those that the seed gives, and its target network begins as a copy of what was taken.
    let (new, old) = (
      try SafetensorsFolder(folder("other/heads.safetensors")), try SafetensorsFolder(folder("fresh/heads.safetensors"))
    )
    let heads = ["encoder.projector.layers.0.linear.weight", "predictor.layers.1.linear.weight"]
    for name in heads { #expect(try new.floats(name) == old.floats(name), "\(name)") }
    let line = try #require(readLines(folder("other/metrics.jsonl")).first)
    #expect(try JSONValue(parsing: line)["health"]?["teacher.distance"]?.double == 0)
  }

  @Test func anotherWidthIsOneClearLine() throws {
    let network = "backbone: \"resnet18\", stem: \"cifar\", base_width: "
    #expect(try train("old", "simclr", objective: projector, model: network + "2", steps: 1).code == 0)
    let wide = try train("wide", "simclr", objective: projector, model: network + "4", steps: 1, ["--init", "old"])
    #expect(wide.isOneLine(1, containing: "diptych: old: holds "), "\(wide)")
    #expect(wide.errors.contains("base width 2") && wide.errors.contains("base width 4"), "\(wide)")
    #expect(kind(of: folder("wide")) == .absent)
    let absent = try train(
      "none", "simclr", objective: projector, model: network + "4", steps: 1, ["--init", "nowhere"])
    #expect(absent.isOneLine(1, containing: "nowhere"), "\(absent)")
    #expect(kind(of: folder("none")) == .absent)
  }

  @Test func aRunIsIndexedAndEvaluated() throws {
    let network = "backbone: \"resnet18\", stem: \"cifar\", base_width: 4"
    #expect(try train("run", "simclr", objective: projector, model: network, steps: 10).code == 0)
    for words in [["knn", "--k", "3"], ["linear"]] {
      let outcome = try Executable.run(
        ["evaluate"] + words + ["--model", "run", "--data", "tiny", "--json"], in: folder.path)
      #expect(outcome.code == 0, "\(outcome)")
      let result = try JSONValue(parsing: outcome.output)
      #expect(result["n"]?.int == 18 && result["top1"]?.double ?? 0 > 0.9, "\(outcome.output)")
    }
    let indexed = try run("index", "--model", "run", "--data", "tiny", "--split", "test", "--out", "tiny.index")
    #expect(indexed.code == 0, "\(indexed)")
    // A picture that is in the index finds itself first.
    let text = try run("search", "tiny.index", "--text", "red")
    #expect(text.isOneLine(1, containing: ""), "\(text)")
  }
}
