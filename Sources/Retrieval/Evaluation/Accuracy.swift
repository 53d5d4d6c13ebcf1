import JSON

/// How often a classifier is right.
package struct Accuracy: Sendable, Equatable {
  /// The share of samples whose class comes first.
  package let top1: Double
  /// The share of samples whose class is among the first five.
  package let top5: Double
  /// How many samples there were.
  package let count: Int

  /// The accuracy of guesses, best first, against the right classes.
  package init(guesses: [[Int]], labels: [Int]) {
    guard guesses.count == labels.count else {
      fatalError("Accuracy: \(guesses.count) guesses, \(labels.count) labels")
    }
    let places = zip(guesses, labels).map { $0.firstIndex(of: $1) ?? .max }
    count = labels.count
    top1 = labels.isEmpty ? 0 : Double(places.count { $0 < 1 }) / Double(labels.count)
    top5 = labels.isEmpty ? 0 : Double(places.count { $0 < 5 }) / Double(labels.count)
  }

  /// As the command line prints it.
  package var json: JSONValue { ["top1": .number(top1), "top5": .number(top5), "n": JSONValue(count)] }
}
