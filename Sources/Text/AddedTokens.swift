/// A token that is found in the text as it stands, before any splitting: `<|endoftext|>`, `[SEP]`.
package struct AddedToken: Sendable, Equatable {
  /// The token's id.
  package var id: Int32
  /// The text.
  package var content: String
  /// Whether it controls the model and is no text.
  package var isSpecial = true
  /// Whether it is looked for in the cleaned text instead of in the text as given.
  package var isCleaned = false
  /// Whether it takes the white space before it.
  package var stripsLeft = false
  /// Whether it takes the white space behind it.
  package var stripsRight = false
}

/// Finds added tokens: the leftmost first, of several at one place the longest.
struct AddedTokens: Sendable {
  let all: [AddedToken]
  /// Tokens looked for in the text as given, and in the cleaned text.
  private let inText: Finder
  private let inCleaned: Finder

  init(_ tokens: [AddedToken], cleaning: Cleaning) {
    // Where nothing is cleaned, both texts are one.
    let tokens = tokens.map { token in
      var token = token
      if cleaning == .none { token.isCleaned = false }
      return token
    }
    all = tokens
    inText = Finder(tokens.filter { !$0.isCleaned }.map { ($0, Array($0.content.utf8)) })
    inCleaned = Finder(
      tokens.filter(\.isCleaned).map { token in
        var cleaned = [UInt8]()
        cleaning.clean(Array(token.content.utf8).span, into: &cleaned)
        return (token, cleaned)
      })
  }

  enum Stage { case text, cleaned }

  /// The first token in `text` from `start` on: where it lies, with the white space that it takes, and its id.
  func next(_ text: Span<UInt8>, from start: Int, _ stage: Stage) -> (range: Range<Int>, id: Int32)? {
    finder(stage).next(text, from: start)
  }

  private func finder(_ stage: Stage) -> Finder {
    switch stage {
    case .text: inText
    case .cleaned: inCleaned
    }
  }

  private struct Finder: Sendable {
    /// The longest first.
    let tokens: [(token: AddedToken, bytes: [UInt8])]
    /// Whether a token starts with a byte.
    private let starts: [Bool]

    init(_ tokens: [(AddedToken, [UInt8])]) {
      self.tokens = tokens.filter { !$0.1.isEmpty }.sorted { $0.1.count > $1.1.count }
      var starts = [Bool](repeating: false, count: 256)
      for (_, bytes) in self.tokens { starts[Int(bytes[0])] = true }
      self.starts = starts
    }

    func next(_ text: Span<UInt8>, from start: Int) -> (range: Range<Int>, id: Int32)? {
      guard !tokens.isEmpty else { return nil }
      for position in start..<max(start, text.count) where starts[Int(text[position])] {
        for (token, bytes) in tokens where isAt(position, bytes, text) {
          var range = position..<position + bytes.count
          if token.stripsLeft { range = extendLeft(text, range, to: start) }
          if token.stripsRight { range = range.lowerBound..<endOfRun(text, range.upperBound, .space, in: .newest) }
          return (range, token.id)
        }
      }
      return nil
    }

    private func isAt(_ position: Int, _ bytes: [UInt8], _ text: Span<UInt8>) -> Bool {
      guard bytes.count <= text.count - position else { return false }
      for i in bytes.indices where text[position + i] != bytes[i] { return false }
      return true
    }

    private func extendLeft(_ text: Span<UInt8>, _ range: Range<Int>, to start: Int) -> Range<Int> {
      var left = range.lowerBound
      while left > start {
        var first = left - 1
        while first > start, text[first] & 0xC0 == 0x80 { first -= 1 }
        guard classify(text, first, in: .newest).kind == .space else { break }
        left = first
      }
      return left..<range.upperBound
    }
  }
}
