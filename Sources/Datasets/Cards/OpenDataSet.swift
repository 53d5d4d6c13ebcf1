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
}

/// Opens what a person names: a card, or else a path to a caption file, archives, or a folder of them or of pictures.
public func openDataSet(_ name: String, _ options: DataOptions = DataOptions()) throws -> OpenedDataSet {
  let catalog = try CardCatalog()
  if let card = catalog.card(name) {
    return OpenedDataSet(set: try card.open(options), name: "\(name) \(try card.split(options.split).name)", card: card)
  }
  let isPattern = name.utf8.contains(UInt8(ascii: "{")) || name.hasPrefix("pipe:") || name.contains("::")
  guard isPattern || kind(of: name) != .absent else {
    let near = suggestion(for: name, among: catalog.cards.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    throw DataError(name, "neither a data set's card nor a path\(near) (`diptych data list` shows the cards)")
  }
  return OpenedDataSet(set: try recognised(name, options).open(in: "", classNames: [], options), name: name, card: nil)
}

/// The reader for a path.
func recognised(_ path: String, _ options: DataOptions) throws -> DataSource {
  if kind(of: path) == .folder { return try recognisedFolder(path, options) }
  switch fileExtension(path) {
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
  if FlickrCaptions.recognises(path) { return .flickr(captions: path, images: nil, list: nil) }
  // A text file whose first line names columns is a table, any other a list of captions.
  if options.columns != nil || (try? CaptionTable.recognise(path)) != nil {
    return .table(captions: path, images: nil, nil)
  }
  return .lines(captions: path)
}

/// The caption file, archives or pictures in a folder.
private func recognisedFolder(_ folder: String, _ options: DataOptions) throws -> DataSource {
  let names = try namesInFolder(folder)
  func first(_ matches: (String) -> Bool) -> String? { names.first(where: matches).map { join(folder, $0) } }
  let known = [
    "captions.tsv", "captions.csv", "captions.txt", "Flickr8k.token.txt", "results_20130124.token", "results.csv",
  ]
  if let name = known.first(where: names.contains) { return try recognised(join(folder, name), options) }
  if let json = first({
    $0.hasPrefix("dataset_") && $0.hasSuffix(".json") || $0.hasPrefix("captions_") && $0.hasSuffix(".json")
  }) {
    return try recognised(json, options)
  }
  let annotations = join(folder, "annotations")
  if names.contains("annotations"), kind(of: annotations) == .folder {
    let lists = try namesInFolder(annotations).filter { $0.hasPrefix("captions_") && $0.hasSuffix(".json") }
    // Of `captions_train2017.json` and `captions_val2017.json`, the one of the split, if it is named.
    let wanted = options.split.map { $0 == "test" ? "val" : $0 }
    if let list = lists.first(where: { list in wanted.map { list.contains($0) } ?? true }) ?? lists.first {
      return .coco(captions: join(annotations, list), images: nil)
    }
  }
  let tables = names.filter { ["tsv", "csv"].contains(fileExtension($0)) }
  if tables.count == 1 { return .table(captions: join(folder, tables[0]), images: nil, nil) }
  let shards = names.filter { fileExtension($0) == "tar" }
  if !shards.isEmpty { return .webDataset(shards: shards.map { join(folder, $0) }.joined(separator: "::")) }
  if let batches = try recognisedBatches(folder, names, options) { return batches }
  if let split = options.split, kind(of: join(folder, split)) == .folder {
    return .imageFolder(folder: join(folder, split))
  }
  return .imageFolder(folder: folder)
}

/// CIFAR's and MNIST's files in a folder.
private func recognisedBatches(_ folder: String, _ names: [String], _ options: DataOptions) throws -> DataSource? {
  let isTest = options.split == "test"
  let batches = names.filter { name in
    isTest
      ? name == "test_batch.bin" || name == "test.bin"
      : name.hasPrefix("data_batch_") && name.hasSuffix(".bin") || name == "train.bin"
  }.map { join(folder, $0) }
  if let first = batches.first { return .cifar(files: batches, try recognisedCIFAR(first)) }
  let prefix = isTest ? "t10k-images" : "train-images"
  return try names.first { $0.hasPrefix(prefix) }.map { try recognised(join(folder, $0), options) }
}

/// CIFAR-10 or CIFAR-100, by the names beside a batch or by its size.
private func recognisedCIFAR(_ path: String) throws -> CIFAR.Kind {
  if kind(of: join(parentFolder(path), "fine_label_names.txt")) == .file { return .cifar100 }
  let size = try RandomAccessFile(path).size
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
