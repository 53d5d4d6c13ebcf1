import Files

/// What was recognised at a path: the reader of the split that was asked for.
struct RecognisedPath {
  let source: DataSource
  /// The split's name; nil where there are none.
  var split: String?
  /// All there are.
  var splits: [String] = []
}

/// The parts of a folder that lie apart in it.
struct PathSplits {
  let folder: String
  /// By name, in the order in which they are taken.
  let parts: [(name: String, source: DataSource)]

  /// The part that was asked for, or the first.
  ///
  /// - `nameGoesOn`: whether names may have an ending, as in `train2017`.
  func chosen(_ options: DataOptions, nameGoesOn: Bool = false) throws -> RecognisedPath {
    func part(_ name: String) -> (name: String, source: DataSource)? {
      parts.first { $0.name == name || nameGoesOn && $0.name.hasPrefix(name) }
    }
    var found = options.split.map(part) ?? parts.first
    if found == nil, options.split == "test", !options.insistsOnSplit { found = part("val") ?? part("valid") }
    let names = parts.map(\.name)
    guard let found else {
      throw DataError(folder, "no split \(options.split ?? ""); it has \(names.joined(separator: ", "))")
    }
    return RecognisedPath(source: found.source, split: found.name, splits: names)
  }
}

extension PathSplits {
  /// The names of folders that are splits and not classes.
  private static let names = ["train", "val", "valid", "test"]

  /// The folders that are splits in a folder of pictures; nil where its folders are classes. `train` among others is a
  /// class, as it is in COCO.
  init?(picturesIn folder: String) throws {
    let folders = try FolderEntry(folder).entries().filter { entry in
      entry.kind == .folder && entry.name.utf8.first != UInt8(ascii: ".")
    }.map(\.name)
    let found = Self.names.filter(folders.contains)
    guard !found.isEmpty, found.count > 1 || folders.count == 1 else { return nil }
    self.folder = folder
    parts = found.map { ($0, .imageFolder(folder: join(folder, $0))) }
  }

  /// Reads the pictures in a folder, or those of a split in it.
  static func recognisedPictures(_ folder: String, _ options: DataOptions) throws -> RecognisedPath {
    // A folder that is asked for by its name need not have one of the usual names.
    if let split = options.split, options.insistsOnSplit || !names.contains(split),
      kind(of: join(folder, split)) == .folder
    {
      return RecognisedPath(source: .imageFolder(folder: join(folder, split)), split: split, splits: [split])
    }
    if let splits = try PathSplits(picturesIn: folder) { return try splits.chosen(options) }
    return RecognisedPath(source: .imageFolder(folder: folder))
  }

  /// COCO's lists in `annotations`.
  init?(captionsIn annotations: String) throws {
    let (start, end) = ("captions_", ".json")
    let lists = try namesInFolder(annotations).filter { $0.hasPrefix(start) && $0.hasSuffix(end) }
    guard !lists.isEmpty else { return nil }
    folder = annotations
    parts = lists.map { list in
      (
        String(list.dropFirst(start.count).dropLast(end.count)),
        .coco(captions: join(annotations, list), images: nil)
      )
    }
  }
}
