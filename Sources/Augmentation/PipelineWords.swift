/// A word of a pipeline's line.
struct Word: Equatable {
  enum Kind: Equatable {
    case name
    case number(Double)
    case punctuation(Punctuation)
    case end
  }

  enum Punctuation: String, CaseIterable {
    case dots = "..."
    case bar = "|"
    case plus = "+"
    case times = "*"
    case open = "("
    case close = ")"
    case comma = ","
    case colon = ":"
  }

  let kind: Kind
  let text: String
  /// In bytes from 1.
  let column: Int
}

/// Cuts a line into words; spaces only separate.
func words(of line: String) throws(PipelineError) -> [Word] {
  let bytes = Array(line.utf8)
  var words = [Word]()
  var i = 0
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
  while i < bytes.count {
    let start = i
    func add(_ kind: Word.Kind) { words.append(Word(kind: kind, text: text(start..<i), column: start + 1)) }
    switch bytes[i] {
    case UInt8(ascii: " "), UInt8(ascii: "\t"): i += 1
    case let byte where isLetter(byte):
      while i < bytes.count, isLetter(bytes[i]) || isDigit(bytes[i]) { i += 1 }
      add(.name)
    case let byte where isDigit(byte) || byte == UInt8(ascii: "-"):
      i += 1
      while i < bytes.count, isDigit(bytes[i]) { i += 1 }
      // A dot belongs to the number only if a digit follows: 1...2 is a range.
      if i + 1 < bytes.count, bytes[i] == UInt8(ascii: "."), isDigit(bytes[i + 1]) {
        i += 1
        while i < bytes.count, isDigit(bytes[i]) { i += 1 }
      }
      guard let value = Double(text(start..<i)) else {
        throw PipelineError(line: line, column: start + 1, word: text(start..<i), message: "this is no number")
      }
      add(.number(value))
    default:
      let rest = bytes[i...]
      guard let sign = Word.Punctuation.allCases.first(where: { rest.starts(with: $0.rawValue.utf8) }) else {
        let character = String(line[line.utf8.index(line.startIndex, offsetBy: i)...].prefix(1))
        throw PipelineError(line: line, column: i + 1, word: character, message: "this character has no meaning here")
      }
      i += sign.rawValue.utf8.count
      add(.punctuation(sign))
    }
  }
  words.append(Word(kind: .end, text: "", column: bytes.count + 1))
  return words
}

private func isLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    || byte == UInt8(ascii: "_")
}

private func isDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
