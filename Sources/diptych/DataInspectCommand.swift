import Arguments
import Augmentation
import Datasets
import Files
import Images
import JSON
import ModelFolders
import Reports
import Tensors

/// `diptych data inspect CARD|PATH`
enum DataInspectCommand: Command {
  static let name = "inspect"
  static let summary = "show what a data set holds: numbers, samples, and a sheet of its pictures"
  static let details = """
    Of a single picture, the sheet shows each station of the pipeline alone, all of them in turn, and what training would
    see. A pipeline is stations joined by |, views joined by + and repeated by N *, or a preset:
    \(Preset.allCases.map(\.rawValue).joined(separator: ", ")).
    """

  static let data = Argument<String>(
    "CARD|PATH", "a card, a caption file, archives, a folder, or a picture", example: "shapes", hint: .path)
  static let out = Argument<String?>(
    "--out SHEET.png", "write a labelled sheet of pictures", example: "sheet.png", hint: .path)
  static let augment = Argument<String?>("--augment PIPELINE", "show the pictures as training would see them")
  static let number = Argument("--number N", "how many samples are shown", default: 24, check: .range(1...1000))
  static let json = Argument<Bool>("--json", "print one JSON object")
  static let arguments: [any AnyArgument] =
    [data, out, augment, number, json, EmbeddingArguments.exif, EmbeddingArguments.maxPixels] + DataArguments.all
  static let rules: [ArgumentRule] = [.needs(augment, [out])]

  static func run(_ given: Given, _ console: Console) throws {
    let views = try given[augment].map { try Views(parsing: $0) }
    if let path = given[out] { try checkOutput(path, besides: [given[data]]) }
    if isPicture(given[data]) { return try inspectPicture(views, given, console) }
    let opened = try openDataSet(given[data], DataArguments.options(given))
    // A seed is of augmentations too.
    try DataArguments.check(given, opened, given[data], besides: views == nil ? [] : [DataArguments.seed])
    for argument in [EmbeddingArguments.exif as any AnyArgument, EmbeddingArguments.maxPixels]
    where given.has(argument) && !given.has(out) {
      throw UsageError("\(argument.name) says nothing of \(given[data]) without \(out.name): its pictures stay closed")
    }
    let set = opened.set
    // Spread over the whole set, but companions stay together so that they can be compared.
    let count = min(given[number], set.count)
    let indices = (0..<count).map { i in
      set.companions > 1 ? i : i * set.count / count
    }
    var samples = [(index: Int, sample: Sample)]()
    var bad = [BadSample]()
    for index in indices {
      do {
        samples.append((index, try set.sample(at: index)))
      } catch {
        bad.append(BadSample("sample \(index)", because: error))
      }
    }
    if samples.isEmpty, !bad.isEmpty {
      throw DataError(given[data], "none of the \(count) samples looked at can be used\(reason(bad))")
    }
    // The sheet first: it finds what cannot be decoded.
    if let path = given[out] {
      let cells = cells(samples, set, views, given[DataArguments.seed], EmbeddingArguments.decoding(given), &bad)
      guard !cells.isEmpty else {
        throw DataError(given[data], "none of \(count) samples has a picture that can be shown\(reason(bad))")
      }
      let side = cells.map { max($0.image.width, $0.image.height) }.max() ?? 0
      let sheet = ContactSheet(
        title: "\(opened.name): \(grouped(set.count)) samples", cells.map(\.cell), side: max(160, min(side, 256)))
      try sheet.drawn().write(path)
    }
    if given[json] {
      try console.print(json(opened, samples.map(\.sample), bad).text())
    } else {
      try describe(opened, samples.map(\.sample), console)
    }
    if let path = given[out] { console.note("wrote \(path)") }
    for problem in bad { console.note("unusable: \(problem)") }
  }

  private static func reason(_ bad: [BadSample]) -> String { bad.first.map { "; the first: \($0)" } ?? "" }

  private static func json(_ opened: OpenedDataSet, _ samples: [Sample], _ bad: [BadSample]) -> JSONValue {
    [
      "name": .string(opened.name), "samples": JSONValue(opened.set.count),
      "classes": JSONValue(opened.set.classNames),
      "shown": .array(
        samples.map {
          ["id": .string($0.id), "captions": JSONValue($0.captions), "label": $0.label.map { JSONValue($0) } ?? .null]
        }),
      "unusable": .array(bad.map { ["file": .string($0.file), "reason": .string($0.reason)] }),
    ]
  }

  private static func describe(_ opened: OpenedDataSet, _ samples: [Sample], _ console: Console) throws {
    let set = opened.set
    try console.print("\(opened.name): \(grouped(set.count)) samples")
    if let card = opened.card {
      try console.print("  \(card.title)")
      try console.print("  licence: \(card.licence)")
      try console.print("  from: \(card.origin)")
    }
    if !opened.splits.isEmpty {
      let shown = opened.card == nil ? opened.split.map { "; this is \($0)" } ?? "" : ""
      try console.print("  splits: \(opened.splits.joined(separator: ", "))\(shown)")
    }
    if !set.classNames.isEmpty {
      let shown = set.classNames.prefix(12).joined(separator: ", ")
      try console.print("  \(set.classNames.count) classes: \(shown)\(set.classNames.count > 12 ? ", …" : "")")
    }
    for sample in samples.prefix(6) {
      let label =
        sample.label.map { " [\(set.classNames.indices.contains($0) ? set.classNames[$0] : String($0))]" } ?? ""
      try console.print("  \(sample.id)\(label)")
      for caption in sample.captions.prefix(5) { try console.print("    \(caption)") }
    }
  }

  private typealias Shown = (image: Image, cell: ContactSheet.Cell)

  private static func cells(
    _ samples: [(index: Int, sample: Sample)], _ set: any DataSet, _ views: Views?, _ seed: UInt64,
    _ decoding: DecodeOptions, _ bad: inout [BadSample]
  ) -> [Shown] {
    samples.compactMap { index, sample in
      guard sample.picture != nil else { return nil }
      do {
        var image = try sample.image(options: decoding)
        if let views {
          image = Image(row: try views(image, name: sample.id, options: decoding, Generator(seed, 0, index)), gap: 4)
        }
        var lines = [ContactSheet.Line(shortName(sample.id), isFaint: true)]
        if let label = sample.label {
          lines.append(.init(set.classNames.indices.contains(label) ? set.classNames[label] : "class \(label)"))
        }
        for (number, caption) in sample.captions.prefix(2).enumerated() {
          lines.append(.init(caption, rows: 4, isFaint: number > 0))
        }
        return (image, ContactSheet.Cell(image, lines: lines))
      } catch {
        bad.append(BadSample(sample.id, because: error))
        return nil
      }
    }
  }

  /// The last parts of a path, as much as fits below a picture.
  private static func shortName(_ id: String) -> String {
    let letters = Array(id.unicodeScalars)
    return letters.count <= 26 ? id : ".." + String(String.UnicodeScalarView(letters.suffix(24)))
  }
}
