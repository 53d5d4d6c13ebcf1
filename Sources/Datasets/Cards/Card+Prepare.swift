import Files
import Glibc

extension Card {
  /// Makes a set ready and tells what there is to know: exports what is built in, checks what was downloaded.
  ///
  /// `tell`: gets lines for people.
  public func prepare(_ options: DataOptions = DataOptions(), tell: (String) throws -> Void) throws {
    let root = DataRoot.path(options)
    let folder = join(root, self.folder)
    switch splits[0].source {
    case .shapes: try tell("\(name): nothing to prepare: \(get)")
    case .emoji(_, let skinTones): try export(to: folder, skinTones: skinTones, options, tell)
    default: try check(root: root, options, tell)
    }
  }

  private func export(to folder: String, skinTones: Bool, _ options: DataOptions, _ tell: (String) throws -> Void)
    throws
  {
    if kind(of: join(folder, "metadata.json")) == .file {
      return try tell("\(folder) is there already; remove it to make it anew")
    }
    guard kind(of: folder) == .absent else {
      throw DataError(folder, "something else has this name; remove it or choose another place with --root")
    }
    let count = try Emoji.export(to: folder, language: options.language, skinTones: skinTones)
    try tell("\(folder): \(plural(count, "picture")), captions.tsv, held-out.tsv and metadata.json")
  }

  /// Files there, sums right, counts right.
  private func check(root: String, _ options: DataOptions, _ tell: (String) throws -> Void) throws {
    let missing = splits.flatMap { missingFiles(of: $0, root: root) }
    guard missing.isEmpty else {
      let more = Set(missing).count > 1 ? " and \(Set(missing).count - 1) more" : ""
      throw DataError(missing[0], "not found\(more); \(get), into \(join(root, folder)), then run this again")
    }
    for (file, sum) in checksums.sorted(by: { $0.key < $1.key }) {
      let path = join(join(root, folder), file)
      guard kind(of: path) == .file else { continue }
      guard try MD5.ofFile(path) == sum else { throw DataError(path, "its MD5 sum is not \(sum); download it again") }
      try tell("\(path): sum is right")
    }
    for split in splits {
      var options = options
      options.split = split.name
      let count = try open(options).count
      if let expected = split.count, expected != count {
        throw DataError(name, "\(split.name) has \(plural(count, "sample")) where there should be \(expected)")
      }
      try tell("\(name) \(split.name): \(plural(count, "sample"))")
    }
  }
}
