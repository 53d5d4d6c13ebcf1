import Arguments
import Datasets
import Files

/// What commands can be told about a data set, in one place.
enum DataArguments {
  static let split = Argument<String?>("--split NAME", "which part of the set (default: the first)")
  static let root = Argument<String?>(
    "--root DIR", "where downloaded sets lie (default: $DIPTYCH_DATA, or ./data)", hint: .path)
  static let images = Argument<String?>(
    "--images DIR", "where the pictures of a caption file lie (default: beside it)", hint: .path)
  static let imageColumn = Argument<String?>("--image-column NAME", "a table's column of paths (default: filepath)")
  static let captionColumn = Argument<String?>("--caption-column NAME", "a table's column of captions (default: title)")
  static let separator = Argument<String?>("--separator CHAR", "what stands between a table's columns (default: a tab)")
  static let language = Argument("--language CODE", "the language of emoji's names, such as de", default: "en")
  static let side = Argument("--side N", "pixels on each side of drawn pictures", default: 64, check: .range(8...2048))
  static let seed = Argument<UInt64>("--seed N", "seed of drawn pictures and of chance", default: 0)

  static let all: [any AnyArgument] = [
    split, root, images, imageColumn, captionColumn, separator, language, side, seed,
  ]

  /// What was said.
  static func options(_ given: Given) throws -> DataOptions {
    var options = DataOptions()
    options.split = given[split]
    options.insistsOnSplit = given[split] != nil
    options.root = given[root]
    options.images = given[images]
    options.language = given[language]
    options.side = given[side]
    options.seed = given[seed]
    if given.has(imageColumn) || given.has(captionColumn) || given.has(separator) {
      var columns = CaptionTable.Columns()
      columns.image = given[imageColumn] ?? columns.image
      columns.caption = given[captionColumn] ?? columns.caption
      if let text = given[separator] {
        // Shells make it hard to type a tab.
        guard let byte = text == "\\t" ? UInt8(ascii: "\t") : text.utf8.first, text == "\\t" || text.utf8.count == 1
        else {
          throw UsageError("--separator must be one character (\\t is a tab)")
        }
        columns.separator = byte
      }
      options.columns = columns
    }
    return options
  }
}
