import Files
import Glibc
import JSON

/// The cards that can be found: those in `datasets` of the working folder, those of the clone that the program was built
/// in, and those of the built-in sets.
public struct CardCatalog: Sendable {
  /// By name.
  public let cards: [Card]

  /// Looks in these folders, the first that has a card of a name counts; nil looks in the usual places.
  public init(folders: [String]? = nil) throws {
    var cards = [String: Card]()
    for folder in folders ?? usualFolders(named: "datasets") where kind(of: folder) == .folder {
      for name in try namesInFolder(folder) where name.hasSuffix(".json5") {
        let card = try Card(file: join(folder, name))
        if cards[card.name] == nil { cards[card.name] = card }
      }
    }
    for (path, text) in BuiltInCards.all {
      let card = try Card(JSONValue(parsing: text, as: .json5, source: path), path: path)
      if cards[card.name] == nil { cards[card.name] = card }
    }
    self.cards = cards.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The card of a name, if there is one.
  public func card(_ name: String) -> Card? { cards.first { $0.name == name } }
}

/// The value of an environment variable that is set and not empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}
