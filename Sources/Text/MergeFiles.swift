import Files

/// What a list of merges needs of the vocabulary.
struct MergeReader {
  let vocabulary: Vocabulary
  let path: String
  private(set) var ranks: MergeRanks
  private var rank: UInt32 = 0
  private var merged: [UInt8] = []
  private var expected: Int32 = 0

  init(_ vocabulary: Vocabulary, path: String) {
    self.vocabulary = vocabulary
    self.path = path
    ranks = MergeRanks(capacity: vocabulary.count)
  }

  /// Adds the next merge.
  ///
  /// - Parameter place: names the line in errors.
  mutating func add(_ left: Span<UInt8>, _ right: Span<UInt8>, _ place: @autoclosure () -> String) throws {
    merged.removeAll(keepingCapacity: true)
    for i in left.indices { merged.append(left[i]) }
    for i in right.indices { merged.append(right[i]) }
    guard let leftID = vocabulary.id(of: left.bytes) else { throw missing(left, place()) }
    guard let rightID = vocabulary.id(of: right.bytes) else { throw missing(right, place()) }
    guard let mergedID = mergedID() else { throw missing(merged.span, place()) }
    ranks.insert(leftID, rightID, MergeRanks.Merge(rank: rank, merged: mergedID))
    rank += 1
    expected = mergedID + 1
  }

  /// Vocabularies number their tokens as they were learned: it is nearly always the next one.
  private func mergedID() -> Int32? {
    if expected < vocabulary.size, vocabulary.isToken(expected, merged.span.bytes) { return expected }
    return vocabulary.id(of: merged.span.bytes)
  }

  /// Adds a line: two tokens with one space between them.
  mutating func add(line: Span<UInt8>, _ place: @autoclosure () -> String) throws {
    var space = 0
    while space < line.count, line[space] != 0x20 { space += 1 }
    var behind = space + 1
    while behind < line.count, line[behind] != 0x20 { behind += 1 }
    guard space < line.count, behind >= line.count else {
      throw TokenizerFileError(path, "\(place()) should be two tokens with one space between them")
    }
    try add(line.extracting(..<space), line.extracting((space + 1)...), place())
  }

  /// Throws where many words of the vocabulary come out of no merge, as after a download that broke off: the tokenizer
  /// would cut texts into other tokens, and nobody would know. A few do in every vocabulary: special tokens.
  func checkEnd() throws {
    let few = 8 + Int(rank) / 64
    // All bytes, and all that end a word: with so few others there is nothing to look for.
    guard vocabulary.count - Int(rank) - 512 > few || vocabulary.count < 1 << 14 else { return }
    let isMade = ranks.marks(upTo: vocabulary.size)
    let unmade = (0..<vocabulary.size).count { !isMade[$0] && isWord(Int32($0)) }
    guard unmade <= few else {
      throw TokenizerFileError(
        path,
        "\(unmade) of the vocabulary's \(vocabulary.count) tokens come out of no merge: the file is cut, or of "
          + "another tokenizer; copy it again")
    }
  }

  /// Whether a token has more than one character, the mark of a word's end left out.
  private func isWord(_ id: Int32) -> Bool {
    guard let token = vocabulary.token(id) else { return false }
    let isEnd = token.suffix(4).elementsEqual("</w>".utf8)
    return token.dropLast(isEnd ? 4 : 0).count { $0 & 0xC0 != 0x80 } > 1
  }

  private func missing(_ token: Span<UInt8>, _ place: String) -> TokenizerFileError {
    TokenizerFileError(
      path, "\(place): \(quoted(token)) is not in the vocabulary; the merges and the vocabulary are of two tokenizers")
  }
}

extension MergeRanks {
  /// Reads `merges.txt`: a header, then two tokens a line.
  package init(text path: String, _ vocabulary: Vocabulary) throws {
    let bytes = try readTokenizerFile(path)
    guard isUTF8(bytes) else { throw TokenizerFileError(path, "not valid UTF-8; convert the file to UTF-8") }
    var reader = MergeReader(vocabulary, path: path)
    try forEachLine(bytes.span) { line, number in
      if line.count == 0 || isHeader(line) { return }
      try reader.add(line: line, "line \(number)")
    }
    try reader.checkEnd()
    self = reader.ranks
  }

  /// Reads the `merges` of `tokenizer.json`: `"left right"`, or `["left", "right"]`.
  init(skimming skimmer: inout JSONSkimmer, _ vocabulary: Vocabulary, _ path: String) throws {
    var reader = MergeReader(vocabulary, path: path)
    var number = -1
    try skimmer.array { skimmer in
      number += 1
      let place = number
      guard skimmer.peek() == UInt8(ascii: "[") else {
        return try skimmer.string { line in try reader.add(line: line, "model.merges[\(place)]") }
      }
      var pair: [[UInt8]] = []
      try skimmer.array { skimmer in try pair.append(skimmer.string { text in (0..<text.count).map { text[$0] } }) }
      guard pair.count == 2 else { throw TokenizerFileError(path, "model.merges[\(place)] should be two tokens") }
      let (left, right) = (pair[0], pair[1])
      try reader.add(left.span, right.span, "model.merges[\(place)]")
    }
    self = reader.ranks
  }
}

/// Whether a line is the header of `merges.txt`.
private func isHeader(_ line: Span<UInt8>) -> Bool {
  let header: StaticString = "#version"
  guard line.count >= header.utf8CodeUnitCount else { return false }
  return (0..<header.utf8CodeUnitCount).allSatisfy { line[$0] == header.utf8Start[$0] }
}

extension BytePairEncoding {
  /// OpenAI's `bpe_simple_vocab_16e6.txt.gz`, the only file that open_clip's tokenizer reads: a header, and merges of
  /// which the first 48,894 count. The vocabulary follows from them: the bytes, the bytes that end a word, what each
  /// merge gives, and two special tokens.
  init(openAIMerges path: String) throws {
    var bytes = try readTokenizerFile(path)
    if Gzip.isGzip(bytes) { bytes = try Gzip.unpack(bytes, path: path, limit: 1 << 26) }
    guard isUTF8(bytes) else { throw TokenizerFileError(path, "not valid UTF-8; download the file again") }
    var vocabulary = Vocabulary.ofBytes(endOfWord: "</w>", capacity: 512 + Self.openAIMergeCount)
    var token = [UInt8]()
    try forEachLine(bytes.span) { line, number in
      guard 2...Self.openAIMergeCount + 1 ~= number else { return }
      token.removeAll(keepingCapacity: true)
      for i in line.indices where line[i] != 0x20 { token.append(line[i]) }
      switch vocabulary.insert(token.span.bytes, id: vocabulary.size) {
      case .added: break
      case .duplicateToken: vocabulary.redirect(token.span.bytes, to: vocabulary.size)
      case .duplicateID, .idOutOfRange: throw TokenizerFileError(path, "too many merges")
      }
    }
    var reader = MergeReader(vocabulary, path: path)
    try forEachLine(bytes.span) { line, number in
      guard 2...Self.openAIMergeCount + 1 ~= number else { return }
      try reader.add(line: line, "line \(number)")
    }
    for special in [SpecialNames.clipStart, SpecialNames.clipEnd] {
      guard vocabulary.insert(special, id: vocabulary.size) == .added else {
        throw TokenizerFileError(path, "\(special) should not come out of a merge")
      }
    }
    self.init(vocabulary: vocabulary, ranks: reader.ranks, endOfWord: "</w>", unknown: nil)
  }

  private static let openAIMergeCount = 49_152 - 256 - 2
}

extension Vocabulary {
  /// The vocabulary that byte-pair encoding starts from: all bytes, and all bytes that end a word if that is marked.
  static func ofBytes(endOfWord: String, capacity: Int) -> Vocabulary {
    var vocabulary = Vocabulary(capacity: capacity)
    for ending in endOfWord.isEmpty ? [""] : ["", endOfWord] {
      for character in ByteAlphabet.inVocabularyOrder {
        guard vocabulary.insert(String(character) + ending, id: vocabulary.size) == .added else {
          fatalError("Vocabulary.ofBytes: the 256 characters are not distinct")
        }
      }
    }
    return vocabulary
  }
}

/// Special tokens as the released models spell them.
enum SpecialNames {
  static let clipStart = "<|startoftext|>"
  static let clipEnd = "<|endoftext|>"
}
