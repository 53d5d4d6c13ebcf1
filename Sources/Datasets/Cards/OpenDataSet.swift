import Files
import JSON

/// A data set that was opened by name or path.
public struct OpenedDataSet: Sendable {
  /// The samples.
  public let set: any DataSet
  /// What it is called in titles.
  public let name: String
  /// Its card, if it has one.
  public let card: Card?
  /// The split that was opened; nil for a path that has none.
  public let split: String?
  /// The splits there are.
  public let splits: [String]
  let source: DataSource

  /// Whether another set is of the same files, or drawn in the same way.
  public func isSame(as other: OpenedDataSet) -> Bool { source == other.source && card?.name == other.card?.name }
}

/// Opens what a person names: a card, or else a path to a caption file, archives, or a folder of them or of pictures.
public func openDataSet(_ name: String, _ options: DataOptions = DataOptions()) throws -> OpenedDataSet {
  guard !name.isEmpty else { throw DataError("the data set", "its name is empty; a card or a path is needed") }
  let catalog = try CardCatalog()
  if let card = catalog.card(name) {
    let split = try card.split(options.split)
    return OpenedDataSet(
      set: try card.open(options), name: "\(name) \(split.name)", card: card, split: split.name,
      splits: card.splits.map(\.name), source: split.source)
  }
  let isPattern = name.utf8.contains(UInt8(ascii: "{")) || name.hasPrefix("pipe:") || name.contains("::")
  guard isPattern || kind(of: name) != .absent else {
    let near = suggestion(for: name, among: catalog.cards.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    throw DataError(name, "neither a data set's card nor a path\(near) (`diptych data list` shows the cards)")
  }
  let found = try recognisedSplit(name, options)
  if let split = options.split, options.insistsOnSplit, found.split == nil {
    throw DataError(name, "no split \(split); it has no splits")
  }
  return OpenedDataSet(
    set: try found.source.open(in: "", classNames: [], options), name: name, card: nil, split: found.split,
    splits: found.splits, source: found.source)
}

/// The reader for a path, or for a split of it.
private func recognisedSplit(_ path: String, _ options: DataOptions) throws -> RecognisedPath {
  if kind(of: path) == .folder { return try recognisedFolder(path, options) }
  let source = try recognised(path, options)
  // The one file that has its splits inside.
  if case .karpathy = source { return RecognisedPath(source: source, split: options.split) }
  return RecognisedPath(source: source)
}

/// The reader for a file.
private func recognised(_ path: String, _ options: DataOptions) throws -> DataSource {
  switch fileExtension(path) {
  case "json5":
    throw DataError(path, "is a data set's card, and cards are named; put it into a folder datasets and give its name")
  case "tar": return .webDataset(shards: path)
  case "json": return try recognisedJSON(path, options)
  case "tsv", "csv": return .table(captions: path, images: nil, nil)
  case "bin": return .cifar(files: [path], try recognisedCIFAR(path))
  default: break
  }
  if path.utf8.contains(UInt8(ascii: "{")) || path.hasPrefix("pipe:") || path.contains("::") {
    return .webDataset(shards: path)
  }
  let name = fileName(path)
  if name.contains("idx3-ubyte") || name.contains("idx4-ubyte") {
    let labels = join(parentFolder(path), replacing("images-idx3", by: "labels-idx1", in: name))
    return .idx(images: path, labels: labels != path && kind(of: labels) == .file ? labels : nil)
  }
  if ["gz", "tgz", "bz2", "xz", "zst", "zip"].contains(fileExtension(path)) {
    throw DataError(path, "is packed; unpack it and give what was in it")
  }
  if FlickrCaptions.recognises(path) { return .flickr(captions: path, images: nil, list: nil) }
  // A text file whose first line names columns is a table, any other a list of captions.
  if options.columns != nil || (try? CaptionTable.recognise(path)) != nil {
    return .table(captions: path, images: nil, nil)
  }
  return .lines(captions: path)
}

/// The caption file, archives or pictures in a folder.
private func recognisedFolder(_ folder: String, _ options: DataOptions) throws -> RecognisedPath {
  let names = try namesInFolder(folder)
  let known = [
    "captions.tsv", "captions.csv", "captions.txt", "Flickr8k.token.txt", "results_20130124.token", "results.csv",
  ]
  let lists = names.filter {
    $0.hasPrefix("dataset_") && $0.hasSuffix(".json") || $0.hasPrefix("captions_") && $0.hasSuffix(".json")
  }
  if let name = known.first(where: names.contains) ?? lists.first {
    return try recognisedSplit(join(folder, name), options)
  }
  let annotations = join(folder, "annotations")
  if kind(of: annotations) == .folder, let splits = try PathSplits(captionsIn: annotations) {
    return try splits.chosen(options, nameGoesOn: true)
  }
  let tables = names.filter { ["tsv", "csv"].contains(fileExtension($0)) }
  if tables.count == 1 {
    return RecognisedPath(source: .table(captions: join(folder, tables[0]), images: nil, nil))
  }
  let shards = names.filter { fileExtension($0) == "tar" }
  if !shards.isEmpty {
    return RecognisedPath(source: .webDataset(shards: shards.map { join(folder, $0) }.joined(separator: "::")))
  }
  let batches = try recognisedBatches(folder, names, options)
  if !batches.parts.isEmpty { return try batches.chosen(options) }
  return try PathSplits.recognisedPictures(folder, options)
}

/// CIFAR's or MNIST's files in a folder.
private func recognisedBatches(_ folder: String, _ names: [String], _ options: DataOptions) throws -> PathSplits {
  let training = names.filter { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") || $0 == "train.bin" }
  let testing = names.filter { $0 == "test_batch.bin" || $0 == "test.bin" }
  var parts = [(name: String, source: DataSource)]()
  for (name, batches) in [("train", training), ("test", testing)] {
    let files = batches.map { join(folder, $0) }
    if let first = files.first { parts.append((name, .cifar(files: files, try recognisedCIFAR(first)))) }
  }
  if parts.isEmpty {
    for (name, start) in [("train", "train-images"), ("test", "t10k-images")] {
      guard let images = names.first(where: { $0.hasPrefix(start) }) else { continue }
      parts.append((name, try recognised(join(folder, images), options)))
    }
  }
  return PathSplits(folder: folder, parts: parts)
}

/// CIFAR-10 or CIFAR-100, by the names beside a batch or by its size.
private func recognisedCIFAR(_ path: String) throws -> CIFAR.Kind {
  if kind(of: join(parentFolder(path), "fine_label_names.txt")) == .file { return .cifar100 }
  let size = try RegularFile(path).size
  return size % 3073 != 0 && size % 3074 == 0 ? .cifar100 : .cifar10
}

private func recognisedJSON(_ path: String, _ options: DataOptions) throws -> DataSource {
  let file = try JSONValue(file: path, limit: 1 << 32)
  if file["annotations"] != nil { return .coco(captions: path, images: nil) }
  if file["images"]?.array?.first?["sentences"] != nil {
    return .karpathy(captions: path, images: nil, split: options.split)
  }
  throw DataError(path, "neither COCO captions (`annotations`) nor a Karpathy split (`sentences`)")
}

private func replacing(_ part: String, by other: String, in text: String) -> String {
  text.split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
}
