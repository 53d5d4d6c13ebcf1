import Files
import Glibc
import JSON

extension Emoji {
  /// Writes the set as ordinary files: a PNG a picture, `captions.tsv` (what training is told, as open_clip reads it),
  /// `held-out.tsv` (what it is not told) and `metadata.json`.
  ///
  /// The folder appears whole or not at all: it is filled under the name `FOLDER.partial` and renamed. An interrupted run
  /// goes on with the pictures that are missing.
  ///
  /// `progress`: called after each picture with the number of those that are there.
  public static func export(
    to folder: String, language: String = "en", skinTones: Bool = true, from sources: EmojiSources = EmojiSources(),
    progress: (Int) throws -> Void = { _ in }
  ) throws -> Int {
    let train = try Emoji(.train, language: language, skinTones: skinTones, from: sources)
    let partial = folder + ".partial"
    try makeFolder(join(partial, "images"))
    for index in 0..<train.count {
      let path = join(partial, train.imageName(at: index))
      if kind(of: path) == .absent {
        let image = try train.sample(at: index).image()
        // Renamed into its place, so what is there is whole; the folder is made durable once, at the end.
        try writeUnsynced(path, image.encodedPNG(compression: .best))
      }
      try progress(index + 1)
    }
    try writeFile(join(partial, "captions.tsv"), train.table { train.captions(at: $0) })
    try writeFile(join(partial, "held-out.tsv"), train.table { train.heldOutKeywords(at: $0) })
    let metadata: JSONValue = [
      "language": .string(language), "skin_tones": .bool(skinTones),
      "pictures": .array((0..<train.count).map { train.metadata(at: $0) }),
    ]
    try writeFile(join(partial, "metadata.json"), metadata.text() + "\n")
    sync()
    guard rename(partial, folder) == 0 else { throw FileError("rename its partial copy to", folder) }
    try syncFolder(of: folder)
    return train.count
  }

  private func imageName(at index: Int) -> String { "images/\(id(at: index)).png" }

  private func table(_ captions: (Int) -> [String]) -> String {
    var rows = ["filepath\ttitle"]
    for index in 0..<count {
      for caption in captions(index) { rows.append("\(imageName(at: index))\t\(quoted(caption))") }
    }
    return rows.joined(separator: "\n") + "\n"
  }

  /// A field of a table; quotes are needed for quotes alone, as no name has a tab or a line end.
  private func quoted(_ field: String) -> String {
    guard field.utf8.contains(UInt8(ascii: "\"")) else { return field }
    let doubled = field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
    return "\"\(doubled)\""
  }

  private func metadata(at index: Int) -> JSONValue {
    [
      "file": .string(imageName(at: index)), "group": .string(group(at: index)), "names": JSONValue(names(at: index)),
      "keywords": JSONValue(keywords(at: index)), "held_out": JSONValue(heldOutKeywords(at: index)),
    ]
  }
}

/// Writes a file beside its place and renames it, without waiting for the disk.
private func writeUnsynced(_ path: String, _ bytes: [UInt8]) throws {
  let temporary = path + ".new"
  guard let stream = fopen(temporary, "wb") else { throw FileError("write", path) }
  let isWritten = fwrite(bytes, 1, bytes.count, stream) == bytes.count
  let isClosed = fclose(stream) == 0
  guard isWritten, isClosed, rename(temporary, path) == 0 else { throw FileError("write", path) }
}
