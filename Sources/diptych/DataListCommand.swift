import Arguments
import Datasets
import JSON

/// `diptych data list`
enum DataListCommand: Command {
  static let name = "list"
  static let summary = "list the data sets that have a card, and which of them are here"

  static let json = Argument<Bool>("--json", "print one JSON object a line", inExample: true)
  static let arguments: [any AnyArgument] = [DataArguments.root, json]

  static func run(_ given: Given, _ console: Console) throws {
    var options = DataOptions()
    options.root = given[DataArguments.root]
    let root = DataRoot.path(options)
    let cards = try CardCatalog().cards
    let width = cards.map(\.name.utf8.count).max() ?? 0
    for card in cards {
      let state =
        card.isBuiltIn
        ? "built in" : card.splits.allSatisfy { card.missingFiles(of: $0, root: root).isEmpty } ? "here" : "not here"
      if given[json] {
        let line: JSONValue = [
          "name": .string(card.name), "title": .string(card.title), "state": .string(state),
          "splits": .array(
            card.splits.map { ["name": .string($0.name), "count": $0.count.map { JSONValue($0) } ?? .null] }),
          "licence": .string(card.licence), "origin": .string(card.origin), "get": .string(card.get),
        ]
        try console.print(line.text())
      } else {
        let space = String(repeating: " ", count: width - card.name.utf8.count)
        let gap = String(repeating: " ", count: 8 - state.utf8.count)
        try console.print("\(card.name)\(space)  \(state)\(gap)  \(card.title)")
      }
    }
  }
}
