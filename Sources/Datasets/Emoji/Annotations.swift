import Files
import JSON

/// CLDR's names and keywords of characters in one language.
struct Annotations: Sendable {
  private var names: [String: String] = [:]
  private var keywords: [String: [String]] = [:]

  /// - Parameter language: `en`, `de`, or with a region `de_CH`, which adds to `de`.
  init(_ language: String, cldr: String) throws {
    let parts = language.split(whereSeparator: { $0 == "_" || $0 == "-" }).map { String($0) }
    var isFound = false
    for count in parts.indices {
      let locale = parts[...count].joined(separator: "_")
      for folder in ["annotations", "annotationsDerived"] {
        let path = join(join(cldr, folder), locale + ".xml")
        guard kind(of: path) == .file else { continue }
        isFound = true
        try add(readText(path, limit: 1 << 26))
      }
    }
    guard isFound else {
      let folder = join(cldr, "annotations")
      let known = try namesInFolder(folder).filter { $0.hasSuffix(".xml") }.map { String($0.dropLast(4)) }
      let near = suggestion(for: language, among: known).map { "; did you mean \($0)?" } ?? ""
      throw DataError(folder, "no language \(language) among its \(known.count)\(near)")
    }
  }

  /// The name that is read aloud for a sequence.
  func name(of sequence: [Unicode.Scalar]) -> String? { names[key(sequence)] }

  /// Its keywords, the name not among them.
  func keywords(of sequence: [Unicode.Scalar]) -> [String] {
    let name = name(of: sequence)
    return (keywords[key(sequence)] ?? []).filter { $0 != name }
  }

  private func key(_ sequence: [Unicode.Scalar]) -> String { String(String.UnicodeScalarView(sequence)) }

  /// The files hold one `<annotation cp="😀" type="tts">grinning face</annotation>` a line, and nothing else matters.
  private mutating func add(_ xml: String) {
    for line in xml.utf8.split(separator: UInt8(ascii: "\n")) {
      let line = String(line) ?? ""
      guard let character = line.between("<annotation cp=\"", "\""), let text = line.between(">", "</annotation>")
      else {
        continue
      }
      let (key, value) = (unescaped(character), unescaped(text))
      // Three arrows say that the parent language has it.
      if value == "↑↑↑" { continue }
      if line.between("type=\"", "\"") == "tts" {
        names[key] = trimmed(value)
      } else {
        keywords[key] = value.utf8.split(separator: UInt8(ascii: "|")).map { trimmed(String($0) ?? "") }
          .filter { !$0.isEmpty }
      }
    }
  }

  private func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")].reduce(text) {
      $0.split(separator: $1.0, omittingEmptySubsequences: false).joined(separator: $1.1)
    }
  }
}

extension String {
  /// What stands between the first `start` and the first `end` behind it.
  fileprivate func between(_ start: String, _ end: String) -> String? {
    func range(of needle: String, from: String.Index) -> Range<String.Index>? {
      let pattern = Array(needle.utf8)
      var i = from
      while i != utf8.endIndex {
        if utf8[i...].starts(with: pattern) { return i..<utf8.index(i, offsetBy: pattern.count) }
        i = utf8.index(after: i)
      }
      return nil
    }
    guard let open = range(of: start, from: startIndex), let close = range(of: end, from: open.upperBound) else {
      return nil
    }
    return String(self[open.upperBound..<close.lowerBound])
  }
}
