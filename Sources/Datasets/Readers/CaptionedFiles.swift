import Files

/// Picture files with the captions that some list gives them: what the readers of caption files have in common.
struct CaptionedFiles: DataSet {
  private enum Entry: Sendable {
    case picture(path: String, captions: [String])
    case bad(BadSample)
  }

  private let entries: [Entry]

  var count: Int { entries.count }

  func sample(at index: Int) throws -> Sample {
    switch entries[index] {
    case .picture(let path, let captions): Sample(id: path, picture: .file(path), captions: captions)
    case .bad(let problem): throw problem
    }
  }

  /// Gathers captions by picture, in the order in which pictures first appear.
  struct Builder {
    private let folders: [String]
    private var entries: [Entry] = []
    private var indices: [String: Int] = [:]

    /// Pictures are looked for in `images`, or where that is nil, beside the caption file and in the usual folders there.
    init(list: String, images: String?) {
      folders = images.map { [$0] } ?? Self.usualFolders(beside: list)
    }

    /// Where people keep the pictures of a caption file.
    private static func usualFolders(beside list: String) -> [String] {
      let names = [
        "images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "flickr30k-images", "flickr30k_images",
        "train2017",
        "val2017", "train2014", "val2014",
      ]
      let folder = parentFolder(list)
      // COCO's lists lie in a folder of their own.
      return [folder, folder + "/.."].flatMap { base in [base] + names.map { join(base, $0) } }
    }

    mutating func add(picture: String, caption: String, place: String) {
      guard !picture.isEmpty else { return addBad(BadSample(place, "no picture is named")) }
      let caption = trimmed(caption)
      guard !caption.isEmpty else { return addBad(BadSample(place, "the caption is empty")) }
      guard let index = indices[picture], case .picture(let path, var captions) = entries[index] else {
        indices[picture] = entries.count
        return entries.append(.picture(path: picture, captions: [caption]))
      }
      captions.append(caption)
      entries[index] = .picture(path: path, captions: captions)
    }

    mutating func addBad(_ problem: BadSample) { entries.append(.bad(problem)) }

    /// Finds the folder in which the pictures lie; none of them anywhere is an error.
    ///
    /// - Parameter list: the caption file, for messages.
    func finish(_ list: String) throws -> CaptionedFiles {
      guard !entries.isEmpty else { throw DataError(list, "the file holds no captions") }
      let names = entries.compactMap { if case .picture(let path, _) = $0 { path } else { nil } }
      let folders = folders.filter { kind(of: $0) == .folder }
      func exists(_ name: String, in folder: String) -> Bool { kind(of: join(folder, name)) == .file }
      // Usually the first picture of the right folder exists; only where all are missing all are asked for.
      let folder =
        folders.first { folder in names.prefix(100).contains { exists($0, in: folder) } }
        ?? folders.first { folder in names.contains { exists($0, in: folder) } }
      guard let folder = names.isEmpty ? "" : folder else {
        let place = self.folders.count == 1 ? self.folders[0] : "\(parentFolder(list)) or the usual folders beside it"
        throw DataError(
          list,
          "none of its \(plural(names.count, "picture")), such as \(names[0]), is found in \(place); give --images DIR")
      }
      return CaptionedFiles(
        entries: entries.map {
          guard case .picture(let path, let captions) = $0 else { return $0 }
          return .picture(path: join(folder, path), captions: captions)
        })
    }
  }
}

/// Without white space at either end.
func trimmed(_ text: some StringProtocol) -> String {
  func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
  let bytes = Array(text.utf8)
  guard let start = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
  else { return "" }
  return String(decoding: bytes[start...last], as: UTF8.self)
}
