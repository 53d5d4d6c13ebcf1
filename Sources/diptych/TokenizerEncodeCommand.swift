import Arguments
import Files
import JSON
import Text

/// `diptych tokenizer encode`
enum TokenizerEncodeCommand: Command {
  static let name = "encode"
  static let summary = "print the ids of texts as a model sees them"
  static let details = "Special tokens are included; nothing is cut or padded."

  static let model = Argument<String>(
    "--model M", "a model, a run, or a tokenizer's folder", example: "model", hint: .folder)
  static let texts = Argument<String>("--texts FILE", "a text file, one text a line", example: "texts.txt", hint: .path)
  static let files = Argument<String?>(
    "--tokenizer DIR", "where the vocabulary lies if it is not in the model's folder", hint: .folder)
  static let json = Argument<Bool>("--json", "print one JSON object a line", inExample: true)
  static let arguments: [any AnyArgument] = [model, texts, files, json]

  static func run(_ given: Given, _ console: Console) throws {
    let tokenizer = try Tokenizer(folder: given[model], files: given[files])
    for ids in tokenizer.encode(try readLines(given[texts])) {
      if given[json] {
        let line: JSONValue = ["ids": JSONValue(ids.map { Int($0) })]
        try console.print(line.text())
      } else {
        try console.print(ids.map { String($0) }.joined(separator: " "))
      }
    }
  }
}
