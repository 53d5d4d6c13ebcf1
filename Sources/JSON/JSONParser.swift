import Files

/// Which language a text is written in.
public enum JSONDialect: Sendable {
  /// RFC 8259, to the letter.
  case json
  /// JSON5 (spec.json5.org): comments, trailing commas, unquoted keys, single quotes, hexadecimal numbers, `Infinity`.
  case json5
}

extension JSONValue {
  /// Parses a text.
  ///
  /// A key that occurs twice in an object is an error, and so is a number beyond the range of `Double`. Half a surrogate
  /// pair (`"\ud83d"`) becomes U+FFFD, as decoders on the web do it.
  ///
  /// - `source`: the file's name for error messages.
  /// - `depth`: how deep lists and objects may nest.
  public init(
    parsing bytes: [UInt8], as dialect: JSONDialect = .json, source: String = "JSON", depth: Int = 256
  ) throws {
    self = try bytes.withUnsafeBufferPointer { buffer in
      do throws(UTF8.ValidationError) {
        _ = try UTF8Span(validating: buffer.span)
      } catch {
        throw JSONError("not valid UTF-8", at: error.byteOffsets.lowerBound, of: buffer, source: source)
      }
      var parser = JSONParser(bytes: buffer, dialect: dialect, source: source, depthLeft: depth)
      return try parser.document()
    }
  }

  /// Parses a text.
  public init(parsing text: String, as dialect: JSONDialect = .json, source: String = "JSON") throws {
    try self.init(parsing: [UInt8](text.utf8), as: dialect, source: source)
  }

  /// Reads a file; one whose name ends in `.json5` is JSON5.
  public init(file path: String, limit: Int = 1 << 30) throws {
    try self.init(
      parsing: readFile(path, limit: limit), as: fileExtension(path) == "json5" ? .json5 : .json, source: path)
  }
}

/// A recursive-descent parser over bytes that are known to be UTF-8.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let dialect: JSONDialect
  let source: String
  var depthLeft: Int
  var index = 0

  /// The next byte, or 0 at the end; a zero byte is no part of any JSON outside of strings.
  var next: UInt8 { index < bytes.count ? bytes[index] : 0 }

  func byte(after distance: Int) -> UInt8 { index + distance < bytes.count ? bytes[index + distance] : 0 }

  func error(_ problem: String, at offset: Int? = nil) -> JSONError {
    JSONError(problem, at: offset ?? index, of: bytes, source: source)
  }

  /// An error about the next character where something else should be.
  func unexpected(_ wanted: String) -> JSONError {
    guard index < bytes.count else { return error("the text ends where \(wanted) should be") }
    let rest = bytes[index...].prefix(4)
    let scalar = String(decoding: rest, as: UTF8.self).unicodeScalars.first ?? "?"
    let shown = scalar.properties.generalCategory == .control ? "a control character" : "'\(scalar)'"
    return error("\(shown) where \(wanted) should be")
  }

  mutating func document() throws -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    try skipSpace()
    let value = try self.value()
    try skipSpace()
    guard index == bytes.count else { throw unexpected("the end") }
    return value
  }

  mutating func value() throws -> JSONValue {
    switch next {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "'") where dialect == .json5: return .string(try string())
    case UInt8(ascii: "t") where takeWord("true"): return .bool(true)
    case UInt8(ascii: "f") where takeWord("false"): return .bool(false)
    case UInt8(ascii: "n") where takeWord("null"): return .null
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return try number()
    case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "I"), UInt8(ascii: "N"):
      guard dialect == .json5 else { throw unexpected("a value") }
      return try number()
    default: throw unexpected("a value")
    }
  }

  /// Steps over a word, unless it goes on with a letter or a digit.
  mutating func takeWord(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    for i in 0..<length where byte(after: i) != word.utf8Start[i] { return false }
    guard !isWordByte(byte(after: length)) else { return false }
    index += length
    return true
  }

  mutating func descend() throws {
    guard depthLeft > 0 else { throw error("nested too deeply") }
    depthLeft -= 1
    index += 1
    try skipSpace()
  }

  mutating func array() throws -> [JSONValue] {
    try descend()
    var elements = [JSONValue]()
    while next != UInt8(ascii: "]") {
      elements.append(try value())
      guard try separator(or: UInt8(ascii: "]"), "',' or ']'") else { break }
    }
    guard next == UInt8(ascii: "]") else { throw unexpected("a value or ']'") }
    index += 1
    depthLeft += 1
    return elements
  }

  mutating func object() throws -> JSONObject {
    try descend()
    var object = JSONObject()
    while next != UInt8(ascii: "}") {
      let start = index
      let key = try self.key()
      try skipSpace()
      guard next == UInt8(ascii: ":") else { throw unexpected("':'") }
      index += 1
      try skipSpace()
      guard object.append(key, try value()) else {
        throw error("the key \(JSONValue.string(key).text()) occurs a second time", at: start)
      }
      guard try separator(or: UInt8(ascii: "}"), "',' or '}'") else { break }
    }
    guard next == UInt8(ascii: "}") else { throw unexpected("a key or '}'") }
    index += 1
    depthLeft += 1
    return object
  }

  /// Steps over the comma between two members; false where the list ends.
  mutating func separator(or end: UInt8, _ wanted: String) throws -> Bool {
    try skipSpace()
    if next == end { return false }
    guard next == UInt8(ascii: ",") else { throw unexpected(wanted) }
    index += 1
    try skipSpace()
    guard next != end || dialect == .json5 else { throw unexpected("a value after the comma") }
    return true
  }

  mutating func key() throws -> String {
    if next == UInt8(ascii: "\"") { return try string() }
    guard dialect == .json5 else { throw unexpected("a key in double quotes") }
    if next == UInt8(ascii: "'") { return try string() }
    return try identifier()
  }

  mutating func skipSpace() throws {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      case let byte where dialect == .json5:
        guard try skipJSON5Space(byte) else { return }
      default: return
      }
    }
  }
}

/// Whether a byte continues a word or a number.
func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"): true
  default: false
  }
}
