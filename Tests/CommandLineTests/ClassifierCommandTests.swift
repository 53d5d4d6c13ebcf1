import Files
import Images
import Safetensors
import TestSupport
import Testing

/// What is said of a classifier whose numbers are none.
@Suite struct ClassifierCommandTests {
  let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder(inMemory: true)
    for number in 0..<8 {
      let place = folder("classes/\(number % 2 == 0 ? "dark" : "light")")
      try makeFolder(place)
      let shade = UInt8(number % 2 * 200 + number)
      try Image(width: 8, height: 8, color: (shade, shade, 9)).write(join(place, "\(number).png"))
    }
    try writeFile(
      folder("tiny.json5"),
      """
      { method: "classify", steps: 1, batch_size: 4, precision: "fp32",
        data: { set: "classes", augmentation: "decode|normalize(half)" },
        model: { image_size: 8, patch_size: 4, encoder: { width: 12, depth: 1, heads: 3 } },
        optimizer: { warmup: 0 }, monitor: { snapshots: 0 }, checkpoint: { every: 1 } }
      """)
    let trained = try Executable.run(["train", "tiny.json5", "--out", "run", "--quiet"], in: folder.path)
    try #require(trained.code == 0, "\(trained)")
  }

  /// Any order of numbers that are none would look like an answer.
  @Test func outputsThatAreNotFiniteAreAnError() throws {
    let words = ["evaluate", "classes", "--model", "run", "--data", "classes"]
    let sound = try Executable.run(words, in: folder.path)
    #expect(sound.code == 0, "\(sound)")
    // All finite, and too large to be added up.
    let weights = try SafetensorsFolder(folder("run"))
    var writer = try SafetensorsWriter(folder("large.safetensors"), weights.tensors)
    for tensor in weights.tensors {
      let values = try weights.floats(tensor.name)
      try writer.write(tensor.name.hasPrefix("classifier.") ? values.map { _ in 3e38 } : values)
    }
    try writer.commit()
    try writeFile(folder("run/model.safetensors"), readFile(folder("large.safetensors")))
    let outcome = try Executable.run(words, in: folder.path)
    #expect(outcome.isOneLine(1, containing: "run: gives NaN or infinite numbers"), "\(outcome)")
  }
}
