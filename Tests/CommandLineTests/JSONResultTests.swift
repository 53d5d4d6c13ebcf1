import Files
import JSON
import TestSupport
import Testing

/// Results that a program reads.
@Suite struct JSONResultTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder(inMemory: true) }

  /// The objects of a command's lines.
  private func objects(_ words: String...) throws -> [JSONValue] {
    let outcome = try Executable.run(words + ["--json"], in: folder.path)
    try #require(outcome.code == 0, "\(outcome)")
    return try outcome.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  @Test func everyResultCanBeAnObject() throws {
    let recipes = try objects("train", "--list")
    let clip = recipes.first { $0["name"] == "shapes-clip" }
    #expect(clip?["summary"]?.string?.isEmpty == false)

    try writeFile(folder("captions.txt"), "a red circle\na blue circle\n")
    let tokenizer = try objects(
      "tokenizer", "train", "--captions", "captions.txt", "--vocab-size", "600", "--out", "words")
    #expect(tokenizer.count == 1 && tokenizer[0]["path"] == "words")
    #expect(try JSONValue(file: folder("words/vocab.json")).object?.members.count == tokenizer[0]["tokens"]?.int)

    let prepared = try objects("data", "prepare", "shapes")
    #expect(prepared.map { $0["name"] } == ["shapes"] && prepared[0]["result"]?.string != nil)
  }
}
