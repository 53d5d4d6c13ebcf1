import Arguments
import Augmentation
import Files
import Images
import JSON
import Reports
import Tensors

extension DataInspectCommand {
  /// Whether the path is a picture, by its first bytes.
  static func isPicture(_ path: String) -> Bool {
    guard kind(of: path) == .file, let file = try? RandomAccessFile(path) else { return false }
    guard let start = try? file.read(at: 0, count: min(8, file.size)) else { return false }
    return ImageFormat(of: start) != nil
  }

  /// One picture: its size, and a sheet of what the views' stations make of it.
  static func inspectPicture(_ views: Views?, _ given: Given, _ console: Console) throws {
    let path = given[data]
    let ofSets: [any AnyArgument] = [number] + DataArguments.all
    for argument in ofSets where given.has(argument) && (views == nil || argument.name != DataArguments.seed.name) {
      throw UsageError("\(argument.name) says nothing of \(path): it is for data sets, and this is a picture")
    }
    let options = EmbeddingArguments.decoding(given)
    let bytes = try readPictureBytes(path, options: options)
    let picture = try decodeImage(bytes, name: path, options: options)
    let format = ImageFormat(of: bytes)?.rawValue ?? ""
    try sheet(of: picture, views, given, console)
    guard given[json] else {
      return try console.print(
        "\(path): \(format), \(picture.width) × \(picture.height) pixels, \(bytes.count) bytes")
    }
    let result: JSONValue = [
      "path": .string(path), "format": .string(format), "width": JSONValue(picture.width),
      "height": JSONValue(picture.height), "bytes": JSONValue(bytes.count),
    ]
    try console.print(result.text())
  }

  private static func sheet(of picture: Image, _ views: Views?, _ given: Given, _ console: Console) throws {
    guard let out = given[out] else { return }
    let path = given[data]
    var cells = [ContactSheet.Cell(picture, lines: [.init(fileName(path))])]
    if let views {
      let generator = Generator(seed: given[DataArguments.seed])
      // What is too large for one station ends here.
      _ = try views(picture, name: path, options: EmbeddingArguments.decoding(given), generator)
      cells += stations(views.pipelines[0], picture, generator.split(into: 0))
      for draw in 1...6 { cells += draws(views, picture, generator.split(into: draw), draw) }
    }
    // A line breaks between words only.
    let title = views.map { "\($0)".split(separator: "|").joined(separator: " | ") } ?? fileName(path)
    try ContactSheet(title: title, cells, columns: 8, side: 160).drawn().write(out)
    console.note("wrote \(out)")
  }

  /// Each station alone, sure to happen, and then all in turn, as chance has it.
  private static func stations(_ pipeline: Pipeline, _ picture: Image, _ generator: Generator) -> [ContactSheet.Cell] {
    let alone = pipeline.steps.enumerated().filter { $0.element.changesPixels }.map { i, step in
      ContactSheet.Cell(
        step.certain.apply(picture, generator.split(into: i)),
        lines: [.init("alone", isFaint: true), .init(step.certain.description, rows: 5)])
    }
    let inTurn = pipeline.stages(of: picture, generator).map { step, result in
      ContactSheet.Cell(result, lines: [.init("in turn", isFaint: true), .init(step.description, rows: 5)])
    }
    return alone + inTurn
  }

  private static func draws(
    _ views: Views, _ picture: Image, _ generator: Generator, _ draw: Int
  ) -> [ContactSheet.Cell] {
    views(picture, generator).enumerated().map { view, image in
      ContactSheet.Cell(image, lines: [.init("draw \(draw), view \(view + 1): \(image.width) px")])
    }
  }
}
