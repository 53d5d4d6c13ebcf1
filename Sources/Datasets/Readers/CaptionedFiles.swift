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
    private let folder: String
    private var entries: [Entry] = []
    private var indices: [String: Int] = [:]

    /// Pictures' paths are relative to `folder`.
    init(folder: String) { self.folder = folder }

    mutating func add(picture: String, caption: String, place: String) {
      guard !picture.isEmpty else { return addBad(BadSample(place, "no picture is named")) }
      let caption = trimmed(caption)
      guard !caption.isEmpty else { return addBad(BadSample(place, "the caption is empty")) }
      guard let index = indices[picture], case .picture(let path, var captions) = entries[index] else {
        indices[picture] = entries.count
        return entries.append(.picture(path: join(folder, picture), captions: [caption]))
      }
      captions.append(caption)
      // Lets go of the old array first, so that appending did not copy it each time.
      entries[index] = .picture(path: path, captions: captions)
    }

    mutating func addBad(_ problem: BadSample) { entries.append(.bad(problem)) }

    /// - Parameter list: the caption file, for messages.
    func finish(_ list: String) throws -> CaptionedFiles {
      guard !entries.isEmpty else { throw DataError(list, "the file holds no captions") }
      var first: String?
      for case .picture(let path, _) in entries {
        if kind(of: path) == .file { return CaptionedFiles(entries: entries) }
        if first == nil { first = path }
      }
      if let first {
        throw DataError(list, "none of its \(indices.count) pictures exists; the first was looked for at \(first)")
      }
      return CaptionedFiles(entries: entries)
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
