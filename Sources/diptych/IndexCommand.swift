import Arguments
import Datasets
import Files
import ModelFolders
import Retrieval

/// `diptych index --model M (--images DIR | --captions FILE.tsv | --data CARD) --out FILE [--add | --remove PATH...]`
enum IndexCommand: Command {
  static let name = "index"
  static let summary = "embed pictures and captions into a file that can be searched"
  static let details = """
    The index has a row for each distinct picture and one for each caption. Pictures that are there already, by their
    content, are left out; with --add, the new picture of a file that was changed takes the place of the one that the
    index has of it. With --remove nothing is embedded: pictures at these paths or below these folders go, and
    their captions with them. Paths stay as they are given: search, and --remove, read them from the folder where they
    run.
    """

  static let model = Argument<String?>(
    "--model M", "a model's folder, or a run", example: "runs/emoji-clip", hint: .folder)
  static let images = Argument<String?>("--images DIR", "a folder of pictures", example: "photos", hint: .path)
  static let captions = Argument<String?>("--captions FILE.tsv", "a table of paths and captions", hint: .path)
  static let data = Argument<String?>("--data CARD", "a data set: a card, or a path", hint: .text)
  static let out = Argument<String>("--out FILE", "the index", example: "photos.index", hint: .path)
  static let add = Argument<Bool>("--add", "keep what the index has and add to it")
  static let remove = Argument<[String]>("--remove PATH...", "pictures or folders that are to go", hint: .path)
  static let maxBad = Argument(
    "--max-bad SHARE", "fail if more than this share of the pictures cannot be used", default: 0.5,
    check: .range(0...1))
  static let arguments: [any AnyArgument] =
    [model, images, captions, data, out, add, remove, maxBad]
    + EmbeddingArguments.all + ofSets
  static let rules: [ArgumentRule] =
    [
      .exactlyOne([images, captions, data, remove]), .atMostOne([add, remove]), .atMostOne([model, remove]),
    ] + (ofSets + [EmbeddingArguments.tokenizer]).map { .atMostOne([images, $0]) }
    + (ofSets + EmbeddingArguments.all + [maxBad]).map { .atMostOne([remove, $0]) }

  /// What can be said of data sets, and of no other source.
  private static let ofSets = DataArguments.all.filter { $0.name != images.name }

  static func run(_ given: Given, _ console: Console) throws {
    if given.has(remove) { return try removePictures(given, console) }
    guard let folder = given[model] else { throw UsageError("--model must be given") }
    let set = try source(given, console)
    guard set.count > 0 else { throw DataError(given[images] ?? given[out], "no PNG or JPEG pictures there") }
    let files = (set as? PictureFiles)?.paths ?? [given[captions], given[data]].compactMap(\.self)
    try checkOutput(given[out], besides: files)
    let embedder = try EmbeddingArguments.embedder(given, folder: folder)
    // Some samples tell whether there will be texts.
    if (0..<min(32, set.count)).contains(where: { (try? set.captions(at: $0))?.isEmpty == false }) {
      try embedder.checkTexts()
    }
    var draft = IndexDraft(model: embedder.identity, width: embedder.width)
    if given[add] {
      let index = try SearchIndex(file: given[out], loading: .all)
      try index.check(embedder, path: given[out])
      draft = IndexDraft(index)
    }
    let before = (images: draft.imageCount, captions: draft.captionCount)
    var stream = EmbeddingArguments.stream(given)
    stream.makesThumbnails = true
    var (duplicates, changed, texts) = (0, 0, [String]())
    let bad = try stream.forEach(of: set, for: embedder) { samples in
      var (fresh, renewed, rows): ([[Float]], [[Float]], [Int]) = ([], [], [])
      for sample in samples {
        let place = sample.content.map { draft.place(sample.path, $0, thumbnail: sample.thumbnail) }
        switch place {
        case nil: break
        case .known: duplicates += 1
        case .new: fresh.append(sample.values)
        case .changed(let row):
          renewed.append(sample.values)
          rows.append(row)
        }
        for caption in sample.captions where draft.addCaption(caption, of: place?.row) { texts.append(caption) }
      }
      if !fresh.isEmpty { draft.appendImages(try embedder.embed(prepared: fresh)) }
      if !rows.isEmpty { draft.renewImages(rows, try embedder.embed(prepared: renewed)) }
      changed += rows.count
    }
    try report(bad, of: set.count, most: given[maxBad], console)
    draft.appendCaptions(try embedder.embed(texts: texts, batch: given[EmbeddingArguments.batch]))
    let index = draft.finish()
    guard index.images.exact.count + index.captions.exact.count > 0 else {
      throw DataError(given[out], "nothing to put into the index")
    }
    try index.write(given[out])
    console.note(
      "\(given[out]): \(index.images.count) pictures and \(index.captions.count) captions, "
        + "\(index.images.count - before.images) and \(index.captions.count - before.captions) of them new; "
        + (changed > 0 ? "\(changed) pictures embedded anew, whose files were changed; " : "")
        + "\(duplicates) duplicates and \(bad.count) bad pictures left out")
  }

  /// What is to be embedded.
  private static func source(_ given: Given, _ console: Console) throws -> any DataSet {
    if let folder = given[images] { return try PictureFiles([folder]) }
    let name = given[captions] ?? given[data] ?? ""
    let opened = try openDataSet(name, DataArguments.options(given))
    try DataArguments.check(given, opened, name)
    if opened.card == nil, let split = opened.split, !given.has(DataArguments.split) {
      console.note("\(name): \(split) of \(opened.splits.joined(separator: ", ")) is taken; --split names another")
    }
    return opened.set
  }

  private static func report(_ bad: [BadSample], of count: Int, most: Double, _ console: Console) throws {
    for problem in bad.prefix(20) { console.note("left out: \(problem)") }
    if bad.count > 20 { console.note("left out: \(bad.count - 20) more") }
    guard let first = bad.first, bad.count == count || Double(bad.count) > most * Double(count) else { return }
    throw DataError(
      "\(bad.count) of \(count) pictures", "cannot be used, more than --max-bad allows; the first: \(first)")
  }

  private static func removePictures(_ given: Given, _ console: Console) throws {
    let index = try SearchIndex(file: given[out], loading: .all)
    // Below a folder, whichever way it is written.
    let gone = given[remove].map(absolutePath)
    var isFound = gone.map { _ in false }
    let left = IndexDraft(index).removing { path in
      let path = absolutePath(path)
      let places = gone.indices.filter { path == gone[$0] || path.utf8.starts(with: (gone[$0] + "/").utf8) }
      for place in places { isFound[place] = true }
      return !places.isEmpty
    }
    let absent = zip(given[remove], isFound).filter { !$1 }.map(\.0).joined(separator: ", ")
    guard isFound.contains(true) else {
      let known = index.images.count > 0 ? "; its paths are as they were given, such as \(index.paths[0])" : ""
      throw DataError(given[out], "has no pictures at \(absent)\(known)")
    }
    if !absent.isEmpty { console.note("\(given[out]): has no pictures at \(absent)") }
    try left.write(given[out])
    console.note(
      "\(given[out]): \(left.images.count) pictures and \(left.captions.count) captions, "
        + "\(index.images.count - left.images.count) and \(index.captions.count - left.captions.count) removed")
  }
}

extension SearchIndex {
  /// Throws where another model is to ask an index than the one that made it.
  func check(_ embedder: some Embedder, path: String) throws {
    guard model.fingerprint.agrees(with: embedder.identity.fingerprint) else {
      throw IndexError(.otherModel(made: model, given: embedder.identity), path: path)
    }
    guard width == embedder.width else {
      throw IndexError(.otherWidth(index: width, model: embedder.width), path: path)
    }
  }
}
