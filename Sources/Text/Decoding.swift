extension Tokenizer {
  /// The text that ids stand for, as far as cleaning has not changed it for good. Ids that no token has are left out.
  ///
  /// `special`: whether to spell out the special tokens.
  public func decode(_ ids: some Sequence<Int32>, special: Bool = false) -> String {
    let specials = Set(added.all.filter(\.isSpecial).map(\.id) + frame.before + frame.after)
    let kept = ids.filter { special || !specials.contains($0) }
    let tokens = kept.compactMap { id -> [UInt8]? in
      if let token = model.vocabulary.token(id) { return Array(token) }
      return added.all.first { $0.id == id }.map { Array($0.content.utf8) }
    }
    switch model {
    case .bytePairs(let model): return Self.joinBytes(tokens, endOfWord: model.endOfWord)
    case .wordPieces(let model): return Self.joinPieces(tokens, continuation: model.continuation)
    }
  }

  /// Bytes that are not UTF-8 become U+FFFD.
  private static func joinBytes(_ tokens: [[UInt8]], endOfWord: String) -> String {
    var bytes = [UInt8]()
    for token in tokens {
      let characters = String(decoding: token, as: UTF8.self).unicodeScalars
      let spelt = characters.compactMap(ByteAlphabet.byte)
      // A token that is not spelt in the alphabet stands for itself.
      bytes += spelt.count == characters.count ? spelt : token
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard !endOfWord.isEmpty else { return text }
    return stripped(replacing(endOfWord, by: " ", in: text))
  }

  /// Words are joined by spaces, and what BERT took apart before English contractions and punctuation joins again.
  private static func joinPieces(_ tokens: [[UInt8]], continuation: [UInt8]) -> String {
    var text = ""
    for (i, token) in tokens.enumerated() {
      var piece = String(decoding: token, as: UTF8.self)
      if i > 0 {
        piece =
          token.starts(with: continuation)
          ? String(decoding: token.dropFirst(continuation.count), as: UTF8.self) : " " + piece
      }
      for (apart, together) in contractions { piece = replacing(apart, by: together, in: piece) }
      text += piece
    }
    return text
  }

  private static let contractions = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  private static func replacing(_ part: String, by replacement: String, in text: String) -> String {
    let (part, text) = (Array(part.utf8), Array(text.utf8))
    var result = [UInt8]()
    var position = 0
    while position < text.count {
      if text[position...].starts(with: part) {
        result += replacement.utf8
        position += part.count
      } else {
        result.append(text[position])
        position += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func stripped(_ text: String) -> String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }
    let start = text.unicodeScalars.drop(while: isSpace)
    guard let last = start.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(start[...last])
  }
}
