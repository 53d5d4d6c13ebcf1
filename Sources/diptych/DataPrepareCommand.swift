import Arguments
import Datasets
import Files
import JSON

/// `diptych data prepare CARD`
enum DataPrepareCommand: Command {
  static let name = "prepare"
  static let summary = "make a data set ready: export a built-in one, check a downloaded one"
  static let details = """
    Nothing is downloaded: where files are missing, a line says how to get them. `emoji` is written to a folder that other
    programs can read too: images/*.png, captions.tsv (filepath, title), held-out.tsv and metadata.json. An interrupted
    run goes on where it was.
    """

  static let card = Argument<String>("CARD", "a data set of `diptych data list`", example: "emoji")
  static let json = Argument<Bool>("--json", "print one JSON object a line")
  static let arguments: [any AnyArgument] = [card, DataArguments.root, DataArguments.language, json]

  static func run(_ given: Given, _ console: Console) throws {
    var options = DataOptions()
    options.root = given[DataArguments.root]
    options.language = given[DataArguments.language]
    let catalog = try CardCatalog()
    guard let card = catalog.card(given[card]) else {
      let near = suggestion(for: given[card], among: catalog.cards.map(\.name)).map { "; did you mean \($0)?" } ?? ""
      throw DataError(given[card], "no such card\(near) (`diptych data list` shows them)")
    }
    if given.has(DataArguments.language), !card.heeds(.language) {
      throw UsageError("\(DataArguments.language.name) says nothing of \(card.name): it is for emoji")
    }
    try card.prepare(options) { line in
      let result: JSONValue = ["name": .string(card.name), "result": .string(line)]
      try console.print(given[json] ? result.text() : line)
    }
  }
}
