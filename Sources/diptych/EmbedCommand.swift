import Arguments
import Datasets
import Files
import JSON
import ModelFolders
import Retrieval

/// `diptych embed --model M [--images PATH...] [--texts FILE] --out FILE.npy`
enum EmbedCommand: Command {
  static let name = "embed"
  static let summary = "turn pictures and texts into rows of a NumPy file"
  static let details = """
    Rows have length one and come in the order of the input, pictures first. Folders are searched for PNG and JPEG
    files, sorted by path. A text file has a text on each line.
    """

  static let images = Argument<[String]>(
    "--images PATH...", "pictures, or folders of them", example: ["photos"], hint: .path)
  static let texts = Argument<String?>("--texts FILE", "a file with a text a line", hint: .path)
  static let out = Argument<String>("--out FILE.npy", "the file to write", example: "photos.npy", hint: .path)
  static let skipBad = Argument<Bool>(
    "--skip-bad", "leave out what cannot be read and list it in FILE.bad.jsonl")
  static let arguments: [any AnyArgument] =
    [EmbeddingArguments.model, images, texts, out, skipBad]
    + EmbeddingArguments.all
  static let rules: [ArgumentRule] = [
    .atLeastOne([images, texts]), .needs(skipBad, [images]), .needs(EmbeddingArguments.exif, [images]),
    .needs(EmbeddingArguments.maxPixels, [images]), .needs(EmbeddingArguments.tokenizer, [texts]),
  ]

  static func run(_ given: Given, _ console: Console) throws {
    let files = try PictureFiles(given[images])
    try checkOutput(given[out], besides: files.paths + [given[texts]].compactMap(\.self))
    if given.has(images), files.count == 0 {
      throw DataError(given[images].joined(separator: ", "), "no PNG or JPEG pictures there")
    }
    let lines = try given[texts].map { try readLines($0) } ?? []
    let model = try EmbeddingArguments.embedder(
      given, folder: given[EmbeddingArguments.model],
      towers: given.has(images) ? given.has(texts) ? .both : .vision : .text)
    var parts: [Embeddings] = []
    let bad = try EmbeddingArguments.stream(given).forEach(of: files, for: model) { samples in
      parts.append(try model.embed(prepared: samples.map(\.values)))
    }
    if let last = bad.last, !given[skipBad] {
      for problem in bad.dropLast() { console.complain("diptych: \(problem)") }
      throw last
    }
    if given[skipBad], let first = bad.first, bad.count == files.count {
      throw DataError(
        given[images].joined(separator: ", "), "none of \(bad.count) pictures can be used; the first: \(first)")
    }
    parts.append(try model.embed(texts: lines, batch: given[EmbeddingArguments.batch]))
    try Embeddings(joining: parts, width: model.width).writeNumpy(given[out])
    guard given[skipBad] else { return }
    let path = given[out]
    let target = (path.utf8.suffix(4).elementsEqual(".npy".utf8) ? String(path.dropLast(4)) : path) + ".bad.jsonl"
    try list(bad, in: target)
    if !bad.isEmpty { console.note("left out \(bad.count) of \(files.count) pictures, listed in \(target)") }
  }

  /// Says what was left out of a file, and that nothing was where a list of former rows lies beside it.
  private static func list(_ bad: [BadSample], in target: String) throws {
    guard !bad.isEmpty else {
      if kind(of: target) == .file { try remove(target) }
      return
    }
    let lines = bad.map { (["file": .string($0.file), "reason": .string($0.reason)] as JSONValue).text() + "\n" }
    try writeFile(target, lines.joined())
  }
}
