/// How a cleaned text is cut into words. Each is the regular expression that the model was trained with, as a small
/// automaton.
package enum WordSplitting: Sendable {
  /// CLIP with Hugging Face's tokenizers: CLIP's pattern, and GPT-2's on each piece of it.
  case clip
  /// The same, where the pattern has the special tokens too, as older and newer files differ.
  case clipWithSpecials
  /// CLIP with open_clip: the same pattern, which there ignores case and has other special tokens.
  case openCLIP
  /// GPT-2; a text may get a space before its first word.
  case gpt2(addPrefixSpace: Bool)
  /// BERT: white space separates, each punctuation mark is a word.
  case bert

  /// Walks through a text.
  struct Cursor {
    /// The first byte that was not looked at.
    var position = 0
    /// The end of the special token that CLIP's pattern has just found.
    var literalEnd = 0
  }

  /// The next word, or nil at the end.
  @inline(__always)
  func next(_ text: Span<UInt8>, _ cursor: inout Cursor) -> Range<Int>? {
    switch self {
    case .clip: CLIPWords.next(text, &cursor, .plain)
    case .clipWithSpecials: CLIPWords.next(text, &cursor, .huggingFace)
    case .openCLIP: CLIPWords.next(text, &cursor, .openCLIP)
    case .gpt2: GPT2Words.next(text, &cursor.position)
    case .bert: BERTWords.next(text, &cursor.position)
    }
  }
}

/// The class and width of the character at a position.
@inline(__always)
func classify(_ text: Span<UInt8>, _ position: Int, in tables: UnicodeTables) -> (kind: ScalarClass, width: Int) {
  let first = text[position]
  if first < 0x80 { return (ScalarClass(ascii: first), 1) }
  var end = position
  let scalar = nextScalar(text, &end)
  return (ScalarClass(scalar, in: tables), end - position)
}

/// The end of the run of characters of one class that starts at a position.
@inline(__always)
func endOfRun(_ text: Span<UInt8>, _ start: Int, _ kind: ScalarClass, in tables: UnicodeTables) -> Int {
  var end = start
  while end < text.count {
    let next = classify(text, end, in: tables)
    guard next.kind == kind else { break }
    end += next.width
  }
  return end
}

/// The length of the English contraction that starts at a position, or 0: `'s 't 're 've 'm 'll 'd`.
@inline(__always)
func contraction(_ text: Span<UInt8>, _ position: Int) -> Int {
  guard position + 1 < text.count, text[position] == UInt8(ascii: "'") else { return 0 }
  let following = position + 2 < text.count ? text[position + 2] : 0
  switch (text[position + 1], following) {
  case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _): return 2
  case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")): return 3
  case (UInt8(ascii: "l"), UInt8(ascii: "l")): return 3
  default: return 0
  }
}

/// CLIP: `special tokens|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`, what lies between is dropped.
enum CLIPWords {
  enum Flavour {
    case plain, huggingFace, openCLIP

    var tables: UnicodeTables {
      switch self {
      case .plain, .huggingFace: .huggingFacePatterns
      case .openCLIP: .openCLIPPatterns
      }
    }
  }

  @inline(__always)
  static func next(_ text: Span<UInt8>, _ cursor: inout WordSplitting.Cursor, _ flavour: Flavour) -> Range<Int>? {
    let tables = flavour.tables
    while cursor.position < text.count {
      let start = cursor.position
      let first = text[start]
      if first == UInt8(ascii: "<"), let end = special(text, start, flavour) {
        switch flavour {
        case .plain, .openCLIP: cursor.position = end
        case .huggingFace:
          // GPT-2's pattern cuts `<|endoftext|>` into three words; the last one must not take what follows.
          cursor.position = start + 2
          cursor.literalEnd = end
        }
        return start..<cursor.position
      }
      let (kind, width) = classify(text, start, in: tables)
      switch kind {
      case .space:
        cursor.position += width
        continue
      case .number: cursor.position += width
      case .letter: cursor.position = endOfRun(text, start + width, .letter, in: tables)
      case .other:
        var length = contraction(text, start)
        if length == 0, flavour == .openCLIP, isLongS(text, start + 1), first == UInt8(ascii: "'") { length = 3 }
        cursor.position = length > 0 ? start + length : endOfRun(text, start + width, .other, in: tables)
        if start < cursor.literalEnd { cursor.position = min(cursor.position, cursor.literalEnd) }
      }
      return start..<cursor.position
    }
    return nil
  }

  /// ſ (U+017F) is an s to a pattern that ignores case, and lower case leaves it alone.
  private static func isLongS(_ text: Span<UInt8>, _ position: Int) -> Bool {
    position + 1 < text.count && text[position] == 0xC5 && text[position + 1] == 0xBF
  }

  /// The end of the special token that starts at a position, if one does.
  private static func special(_ text: Span<UInt8>, _ start: Int, _ flavour: Flavour) -> Int? {
    switch flavour {
    case .plain: nil
    case .huggingFace: match("<|startoftext|>", text, start) ?? match("<|endoftext|>", text, start)
    case .openCLIP: match("<start_of_text>", text, start, longS: true) ?? match("<end_of_text>", text, start)
    }
  }

  private static func match(_ literal: StaticString, _ text: Span<UInt8>, _ start: Int, longS: Bool = false) -> Int? {
    var position = start
    for i in 0..<literal.utf8CodeUnitCount {
      let wanted = literal.utf8Start[i]
      if longS, wanted == UInt8(ascii: "s"), isLongS(text, position) {
        position += 2
        continue
      }
      guard position < text.count, text[position] == wanted else { return nil }
      position += 1
    }
    return position
  }
}

/// GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
enum GPT2Words {
  @inline(__always)
  static func next(_ text: Span<UInt8>, _ position: inout Int) -> Range<Int>? {
    let tables = UnicodeTables.huggingFacePatterns
    let start = position
    guard start < text.count else { return nil }
    let length = contraction(text, start)
    if length > 0 {
      position += length
      return start..<position
    }
    // One space belongs to the word behind it.
    var (kind, width) = classify(text, start, in: tables)
    var body = start
    if text[start] == 0x20, start + 1 < text.count {
      let following = classify(text, start + 1, in: tables)
      if following.kind != .space { (kind, width, body) = (following.kind, following.width, start + 1) }
    }
    guard kind == .space else {
      position = endOfRun(text, body + width, kind, in: tables)
      return start..<position
    }
    // A run of white space leaves its last character to what follows it, if it is more than that one.
    var lastStart = start
    position = start + width
    while position < text.count {
      let following = classify(text, position, in: tables)
      guard following.kind == .space else {
        if lastStart > start { position = lastStart }
        break
      }
      lastStart = position
      position += following.width
    }
    return start..<position
  }
}

/// BERT: white space separates words, and each punctuation mark is one.
enum BERTWords {
  @inline(__always)
  static func next(_ text: Span<UInt8>, _ position: inout Int) -> Range<Int>? {
    while position < text.count, let width = space(text, position) { position += width }
    guard position < text.count else { return nil }
    let start = position
    while position < text.count, space(text, position) == nil {
      var end = position
      if BERTCleaning.isPunctuation(nextScalar(text, &end)) {
        if position == start { position = end }
        break
      }
      position = end
    }
    return start..<position
  }

  /// The width of the white space at a position, or nil.
  @inline(__always)
  private static func space(_ text: Span<UInt8>, _ position: Int) -> Int? {
    let (kind, width) = classify(text, position, in: .newest)
    return kind == .space ? width : nil
  }
}
