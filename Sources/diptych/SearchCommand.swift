import Arguments
import Datasets
import Files
import Images
import JSON
import ModelFolders
import Retrieval

/// `diptych search INDEX (--text STRING | --image FILE)`, or `diptych search INDEX --html FILE`
enum SearchCommand: Command {
  static let name = "search"
  static let summary = "find the pictures or captions that are nearest to a text or a picture"
  static let details = """
    A text asks for pictures and a picture for captions, where the index has any; --find says otherwise. Without a query,
    --html writes a page to browse the whole index.
    """

  enum Wanted: String, ArgumentValue, CaseIterable { case images, captions }

  static let index = Argument<String>("INDEX", "a file that diptych index made", example: "photos.index", hint: .path)
  static let text = Argument<String?>("--text STRING", "what to look for", example: "a red car in the snow")
  static let image = Argument<String?>("--image FILE", "a picture to look for", hint: .path)
  static let top = Argument("--top N", "how many to show", default: 10, check: .range(1...100_000))
  static let find = Argument<Wanted?>("--find KIND", "what to find")
  static let json = Argument<Bool>("--json", "print one JSON object")
  static let html = Argument<String?>("--html FILE", "write a page with the results, or to browse", hint: .path)
  static let timing = Argument<Bool>("--timing", "tell where the time went")
  static let model = Argument<String?>("--model M", "where the index's model lies now", hint: .folder)
  static let arguments: [any AnyArgument] = [
    index, text, image, top, find, json, html, timing, model, EmbeddingArguments.tokenizer,
    EmbeddingArguments.precision, EmbeddingArguments.exif, EmbeddingArguments.maxPixels,
  ]
  static let rules: [ArgumentRule] =
    [
      .atMostOne([text, image]), .atLeastOne([text, image, html]), .needs(EmbeddingArguments.tokenizer, [text]),
      .needs(EmbeddingArguments.exif, [image]), .needs(EmbeddingArguments.maxPixels, [image]),
    ] + ofQueries.map { .needs($0, [text, image]) }

  /// What can be said of a query, and not of a page to browse.
  private static let ofQueries: [any AnyArgument] = [top, find, json, timing, model, EmbeddingArguments.precision]

  static func run(_ given: Given, _ console: Console) throws {
    if let page = given[html] { try checkOutput(page, besides: [given[index]] + [given[image]].compactMap(\.self)) }
    guard given.has(text) || given.has(image) else { return try writeGallery(given, console) }
    var watch = Stopwatch()
    let found = try SearchIndex(file: given[index])
    watch.lap("index_ms")
    guard given.has(model) || Files.kind(of: found.model.path) == .folder else {
      throw DataError(
        found.model.path,
        "there is no such folder, and the index was made by the model that lay there; --model M says "
          + "where it lies now")
    }
    // Only the tower that is asked is read.
    let embedder = try EmbeddingArguments.embedder(
      given, folder: given[model] ?? found.model.path, towers: given.has(text) ? .text : .vision)
    try found.check(embedder, path: given[index])
    watch.lap("model_ms")
    let query: Embeddings
    if let text = given[text] {
      query = try embedder.embed(texts: [text])
    } else {
      query = try embedder.embed(readImage(given[image] ?? "", options: EmbeddingArguments.decoding(given)))
    }
    watch.lap("embed_ms")
    let kind =
      switch given[find] {
      case .images: ItemKind.image
      case .captions: ItemKind.caption
      case nil: found.kind(askedFor: given.has(text) ? .image : .caption)
      }
    let results = try found.nearest(given[top], kind, to: query)[0]
    guard !results.isEmpty else {
      guard found.images.count + found.captions.count > 0 else {
        throw DataError(given[index], "is empty; put pictures into it with diptych index --add")
      }
      throw DataError(given[index], "holds no \(kind == .image ? "pictures" : "captions") to find")
    }
    watch.lap("search_ms")
    if let path = given[html] {
      let title = given[text].map { "“\($0)”" } ?? fileName(given[image] ?? "")
      try writeFile(path, found.resultPage(title: title, results: results))
      watch.lap("html_ms")
    }
    let times = watch.json
    if given[json] {
      let object: JSONValue = [
        "results": .array(results.map(\.json)), "timing": given[timing] ? times : .object(JSONObject()),
      ]
      return try console.print(object.text())
    }
    for result in results {
      let what = [result.caption, result.path].compactMap { $0?.onOneLine }.joined(separator: "  ")
      try console.print("\(result.rank)  \(JSONValue(result.score).text())  \(what)")
    }
    if given[timing] { console.note("timing: \(times.text())") }
  }

  private static func writeGallery(_ given: Given, _ console: Console) throws {
    let path = given[html] ?? ""
    let found = try SearchIndex(file: given[index], loading: .all)
    try writeFile(path, found.galleryPage(title: fileName(given[index])))
    console.note("\(path): \(found.images.count) pictures and \(found.captions.count) captions to browse")
  }
}

extension Found {
  /// As `--json` prints it.
  var json: JSONValue {
    [
      "rank": JSONValue(rank), "score": JSONValue(score), "kind": .string(kind.rawValue),
      "path": path.map { .string($0) } ?? .null, "caption": caption.map { .string($0) } ?? .null,
    ]
  }
}

/// Where the time of a command goes.
struct Stopwatch {
  private var laps: [(String, JSONValue)] = []
  private let start = ContinuousClock.now
  private var last: ContinuousClock.Instant

  /// Starts it.
  init() { last = start }

  /// Ends a part.
  mutating func lap(_ name: String) {
    let now = ContinuousClock.now
    laps.append((name, Self.milliseconds(now - last)))
    last = now
  }

  /// The parts and their sum.
  var json: JSONValue { .object(JSONObject(laps + [("total_ms", Self.milliseconds(last - start))])) }

  private static func milliseconds(_ time: Duration) -> JSONValue {
    .number((time / .microseconds(1)).rounded() / 1000)
  }
}
