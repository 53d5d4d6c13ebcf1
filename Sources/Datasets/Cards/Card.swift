import Files
import JSON

/// What is known about a data set: where it comes from, under which terms, and how it is read.
public struct Card: Sendable {
  /// A part of the set.
  public struct Split: Sendable {
    /// What it is called: `train`, `test`, …
    public let name: String
    /// How many samples it should have, where that is known.
    public let count: Int?
    let source: DataSource
  }

  /// What it is called on the command line: the name of its file.
  public let name: String
  /// Its title.
  public let title: String
  /// The terms of use.
  public let licence: String
  /// Who made it, and where it is published.
  public let origin: String
  /// How a person gets it.
  public let get: String
  /// The folder of its files below the data root.
  public let folder: String
  /// What labels mean, where no file of the set tells.
  public let classNames: [String]
  /// Its parts, the one for training first.
  public let splits: [Split]
  /// MD5 sums of files, as their publishers give them.
  public let checksums: [String: String]

  /// Reads a card. A key that means nothing is an error that names the nearest one.
  public init(_ value: JSONValue, path: String) throws {
    let fields = try JSONFields(value, source: path)
    name = String(fileName(path).dropLast(fileExtension(path).utf8.count + 1))
    title = try fields.take("title")
    licence = try fields.take("licence")
    origin = try fields.take("origin")
    get = try fields.take("get")
    folder = try fields.take("folder", default: name)
    classNames = try fields.take("classes", default: [])
    let reader: ReaderName = try fields.take("reader")
    let parts = try fields.fields("splits")
    splits = try (parts.node.value.object?.keys ?? []).map { name in
      let split = try parts.fields(name)
      let source = try DataSource(reader, split, name: name)
      let count = try split.takeIfPresent("count", as: Int.self)
      try split.finish()
      return Split(name: name, count: count, source: source)
    }
    guard !splits.isEmpty else { throw fields.node.error("a card needs at least one split") }
    let sums = try fields.fields("checksums")
    var checksums = [String: String]()
    for file in sums.node.value.object?.keys ?? [] {
      let sum: String = try sums.take(file)
      guard sum.utf8.count == 32, UInt64(sum.prefix(16), radix: 16) != nil, UInt64(sum.suffix(16), radix: 16) != nil
      else {
        throw sums.node.error("\(file): not an MD5 sum of 32 hexadecimal digits")
      }
      checksums[file] = sum
    }
    self.checksums = checksums
    try fields.finish()
  }

  /// Reads a card from a file.
  public init(file path: String) throws {
    try self.init(JSONValue(file: path, limit: 1 << 20), path: path)
  }

  /// Whether its pictures are made here and not downloaded.
  public var isBuiltIn: Bool {
    splits.allSatisfy {
      switch $0.source {
      case .shapes, .emoji: true
      default: false
      }
    }
  }

  /// The split of a name, or the first.
  public func split(_ name: String?) throws -> Split {
    guard let name else { return splits[0] }
    guard let split = splits.first(where: { $0.name == name }) else {
      let known = splits.map(\.name)
      let near = suggestion(for: name, among: known).map { "did you mean \($0)?" }
      throw DataError(self.name, "no split \(name); \(near ?? "it has \(known.joined(separator: ", "))")")
    }
    return split
  }

  /// The files of a split that are not there.
  public func missingFiles(of split: Split, root: String) -> [String] {
    split.source.files.map { join(join(root, folder), $0) }.filter { path in
      kind(of: path) == .absent && !(path.hasSuffix(".gz") && kind(of: String(path.dropLast(3))) == .file)
    }
  }

  /// Opens a split; files that are not there are an error that says how to get them.
  public func open(_ options: DataOptions = DataOptions()) throws -> any DataSet {
    let split = try split(options.split)
    let root = DataRoot.path(options)
    if let missing = missingFiles(of: split, root: root).first {
      throw DataError(missing, "not found; \(name) is not on this machine: \(get) (into \(join(root, folder)))")
    }
    return try split.source.open(in: join(root, folder), classNames: classNames, options)
  }
}

/// Where downloaded data sets lie.
public enum DataRoot {
  /// What was asked for, `$DIPTYCH_DATA`, or `data` in the working folder.
  public static func path(_ options: DataOptions) -> String {
    options.root ?? environment("DIPTYCH_DATA") ?? "data"
  }
}
