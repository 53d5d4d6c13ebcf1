import Arguments
import Datasets

extension DataArguments {
  private static let aspects: [(aspect: DataAspect, arguments: [any AnyArgument], meant: String)] = [
    (.root, [root], "sets that have a card"), (.images, [images], "caption files"),
    (.columns, [imageColumn, captionColumn, separator], "tables of captions"), (.language, [language], "emoji"),
    (.drawing, [side, seed], "drawn pictures"),
  ]

  /// Throws where something was said that makes no difference to this set.
  ///
  /// - `name`: the set, as it was given.
  /// - `others`: what means something else to a command as well.
  static func check(
    _ given: Given, _ opened: OpenedDataSet, _ name: String, besides others: [any AnyArgument] = []
  ) throws {
    for (aspect, arguments, meant) in aspects where !opened.heeds(aspect) {
      for argument in arguments where given.has(argument) && !others.contains(where: { $0.name == argument.name }) {
        throw UsageError("\(argument.name) says nothing of \(name): it is for \(meant)")
      }
    }
  }
}
