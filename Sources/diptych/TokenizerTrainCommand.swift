import Arguments
import Datasets
import Files
import JSON
import ModelFolders
import Text

/// `diptych tokenizer train`
enum TokenizerTrainCommand: Command {
  static let name = "train"
  static let summary = "learn CLIP's byte-pair encoding from captions"
  static let details = """
    The folder gets vocab.json, merges.txt, tokenizer.json, tokenizer_config.json and special_tokens_map.json, as
    transformers' CLIPTokenizer reads them. The same captions give the same files everywhere.
    """

  static let captions = Argument<String>(
    "--captions FILE", "a text file with a caption a line", example: "captions.txt", hint: .path)
  static let size = Argument<Int>(
    "--vocab-size N", "the most tokens there may be, special ones included", example: "8192",
    check: .range(BytePairTraining.smallest...1 << 20))
  static let out = Argument<String>("--out DIR", "where the files go", example: "tokenizer", hint: .folder)
  static let length = Argument(
    "--context-length N", "the longest text that the files announce", default: 77, check: .range(2...1 << 20))
  static let json = Argument<Bool>("--json", "print one JSON object")
  static let arguments: [any AnyArgument] = [captions, size, out, length, json]

  static func run(_ given: Given, _ console: Console) throws {
    if let file = ModelFiles.sign(in: given[out]) {
      throw DataError(
        given[out], "holds \(file) of a model or run, which reads texts by the tokenizer it has; choose another folder")
    }
    let lines = try readLines(given[captions])
    guard lines.contains(where: { !$0.isEmpty }) else { throw DataError(given[captions], "holds no captions") }
    let tokenizer = try BytePairTraining.tokenizer(
      captions: lines, vocabularySize: given[size], contextLength: given[length])
    try takingBackFolders(to: given[out]) {
      try writeFolder(given[out]) { partial in try tokenizer.write(to: partial) }
    }
    if tokenizer.vocabularySize < given[size] {
      console.note("no pair occurs twice any more: the captions are used up before \(given[size]) tokens")
    }
    let result: JSONValue = ["path": .string(given[out]), "tokens": JSONValue(tokenizer.vocabularySize)]
    try console.print(
      given[json] ? result.text() : "\(given[out]): \(grouped(tokenizer.vocabularySize)) tokens")
  }
}
