import Arguments
import Datasets

extension Evaluation {
  /// The part of the set that a model is tested on.
  static func open(_ given: Given, _ console: Console) throws -> OpenedDataSet {
    var options = try DataArguments.options(given)
    options.split = options.split ?? "test"
    return try open(given, options, console)
  }

  /// The part that neighbours or a classifier learn from, and the one that they are tested on. They may only be the same
  /// where that was asked for.
  static func openBoth(
    _ given: Given, training: Argument<String>, _ console: Console
  ) throws -> (training: any DataSet, test: any DataSet) {
    var options = try DataArguments.options(given)
    options.split = given[training]
    options.insistsOnSplit = given.has(training)
    let known = try open(given, options, console)
    let test = try open(given, console)
    for opened in [known, test] where !mayHaveClasses(opened.set) {
      throw DataError(given[data], "its pictures have no classes; \(called(opened)) cannot be used here")
    }
    guard known.isSame(as: test) else {
      return (known.set, try test.set.classified(as: known.set, name: "\(given[data]), \(called(test))"))
    }
    guard given.has(training), given[split] == given[training] else {
      throw DataError(
        given[data],
        "training pictures and test pictures are the same; "
          + (known.splits.isEmpty
            ? "give a folder with folders train and test, with a folder for each class in both"
            : "it has \(known.splits.joined(separator: ", ")): name two of them with \(training.name) and \(split.name)")
      )
    }
    console.note("\(given[data]): the test pictures are the training pictures, as asked for")
    return (known.set, test.set)
  }

  private static func open(_ given: Given, _ options: DataOptions, _ console: Console) throws -> OpenedDataSet {
    let opened = try openDataSet(given[data], options)
    try DataArguments.check(given, opened, given[data])
    if let wanted = options.split, let found = opened.split, !found.hasPrefix(wanted) {
      console.note("\(given[data]): no split \(wanted), \(found) is taken")
    }
    return opened
  }

  private static func called(_ opened: OpenedDataSet) -> String { opened.split.map { "the split \($0)" } ?? "it" }

  /// Whether some picture has a class, as far as some samples tell: embedding all of a large set would take long.
  static func mayHaveClasses(_ set: any DataSet) -> Bool {
    guard set.classNames.isEmpty else { return true }
    let count = min(32, set.count)
    let samples = (0..<count).compactMap { try? set.sample(at: $0 * set.count / count) }
    return samples.isEmpty || samples.contains { $0.label != nil }
  }
}
