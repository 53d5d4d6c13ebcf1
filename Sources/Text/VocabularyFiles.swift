import Files
import JSON

/// The bytes of a tokenizer's file; none has more than some megabytes.
func readTokenizerFile(_ path: String) throws -> [UInt8] {
  try readFile(path, limit: 1 << 28)
}

extension Vocabulary {
  /// Reads `vocab.json`: an object of tokens and ids.
  package init(json path: String) throws {
    let bytes = try readTokenizerFile(path)
    self = try skim(bytes, path) { skimmer in
      let vocabulary = try Vocabulary(skimming: &skimmer, path)
      guard skimmer.isAtEnd() else { throw JSONSkimmer.Unreadable() }
      return vocabulary
    }
  }

  /// Reads an object of tokens and ids.
  init(skimming skimmer: inout JSONSkimmer, _ path: String) throws {
    // A token and its id take about 17 bytes.
    self.init(capacity: min((skimmer.bytes.count - skimmer.position) / 16, 1 << 18))
    try skimmer.numbers { token, id in
      switch insert(token.bytes, id: id) {
      case .added: break
      case .duplicateToken: throw TokenizerFileError(path, "\(quoted(token)) is there twice")
      case .duplicateID: throw TokenizerFileError(path, "two tokens have the id \(id)")
      case .idOutOfRange: throw TokenizerFileError(path, "\(quoted(token)) has the id \(id), which is too high")
      }
    }
    guard count > 0 else { throw TokenizerFileError(path, "the vocabulary is empty") }
  }

  /// Reads `vocab.txt`: a token a line, its id the number of the line. Of equal lines the last one counts.
  package init(text path: String) throws {
    let bytes = try readTokenizerFile(path)
    guard isUTF8(bytes) else { throw TokenizerFileError(path, "not valid UTF-8; convert the file to UTF-8") }
    self.init(capacity: bytes.count / 8)
    try forEachLine(bytes.span) { line, number in
      let token = line.extracting(..<endWithoutSpace(line)).bytes
      switch insert(token, id: number - 1) {
      case .added: break
      case .duplicateToken: redirect(token, to: number - 1)
      case .duplicateID, .idOutOfRange: throw TokenizerFileError(path, "too many lines")
      }
    }
    guard count > 0 else { throw TokenizerFileError(path, "the vocabulary is empty") }
  }
}

/// Reads JSON quickly; where that fails, the real parser tells what is wrong with the text, or that its shape is not
/// that of such a file.
func skim<Result>(
  _ bytes: [UInt8], _ path: String, _ body: (inout JSONSkimmer) throws -> Result
) throws -> Result {
  do {
    guard isUTF8(bytes) else { throw JSONSkimmer.Unreadable() }
    return try bytes.withUnsafeBufferPointer { buffer in
      var skimmer = JSONSkimmer(buffer)
      return try body(&skimmer)
    }
  } catch is JSONSkimmer.Unreadable {
    _ = try JSONValue(parsing: bytes, source: path)
    throw TokenizerFileError(path, "not a tokenizer's file: it should map tokens to whole numbers, or list merges")
  }
}

func isUTF8(_ bytes: [UInt8]) -> Bool {
  (try? UTF8Span(validating: bytes.span)) != nil
}

func quoted(_ token: Span<UInt8>) -> String {
  "“" + String(decoding: (0..<token.count).map { token[$0] }, as: UTF8.self) + "”"
}

/// Calls `body` with each line of a text, without its end, and its number from 1; nothing follows the last line feed.
func forEachLine(_ text: Span<UInt8>, _ body: (Span<UInt8>, _ number: Int) throws -> Void) rethrows {
  var (start, number) = (0, 1)
  while start < text.count {
    var end = start
    while end < text.count, text[end] != 0x0A { end += 1 }
    let hasReturn = end > start && text[end - 1] == 0x0D
    try body(text.extracting(start..<(hasReturn ? end - 1 : end)), number)
    (start, number) = (end + 1, number + 1)
  }
}

/// The end of a line without the white space that it ends in.
private func endWithoutSpace(_ line: Span<UInt8>) -> Int {
  var end = line.count
  while end > 0 {
    var start = end - 1
    while start > 0, line[start] & 0xC0 == 0x80 { start -= 1 }
    guard classify(line, start, in: .newest).kind == .space else { return end }
    end = start
  }
  return end
}
