/// A value together with the keys that led to it, so that whoever finds it wrong can say where it stands.
public struct JSONNode: Sendable {
  /// The value.
  public let value: JSONValue
  /// The keys that lead to it: `optimizer.betas[1]`; empty for the whole.
  public let path: String
  /// The file.
  public let source: String

  /// The value at `path` of the file `source`.
  public init(_ value: JSONValue, path: String = "", source: String = "JSON") {
    self.value = value
    self.path = path
    self.source = source
  }

  /// The error that this value is not what it should be.
  public func error(_ problem: String) -> JSONFieldError {
    JSONFieldError(source: source, path: path, problem: problem)
  }

  /// The error that something else was expected here.
  func mismatch(_ wanted: String) -> JSONFieldError { error("should be \(wanted), and is \(value.kind)") }

  /// The value below a key.
  func member(_ key: String, _ value: JSONValue) -> JSONNode {
    JSONNode(value, path: path.isEmpty ? key : "\(path).\(key)", source: source)
  }

  /// An element of a list.
  func element(_ index: Int, _ value: JSONValue) -> JSONNode {
    JSONNode(value, path: "\(path)[\(index)]", source: source)
  }
}

/// A type that can be read from JSON.
public protocol JSONReadable {
  /// Reads the value, or throws ``JSONNode/error(_:)``.
  init(_ node: JSONNode) throws
}

extension JSONValue: JSONReadable {
  /// Any value.
  public init(_ node: JSONNode) { self = node.value }
}

extension Bool: JSONReadable {
  /// `true` or `false`, and nothing that looks like it.
  public init(_ node: JSONNode) throws {
    guard case .bool(let value) = node.value else { throw node.mismatch("true or false") }
    self = value
  }
}

extension Int: JSONReadable {
  /// A whole number; `1e3` is one.
  public init(_ node: JSONNode) throws {
    guard let value = node.value.int else { throw node.mismatch("a whole number") }
    self = value
  }
}

extension UInt64: JSONReadable {
  /// A whole number from 0; those from 2⁶³ on are refused, since most readers of JSON change their digits.
  public init(_ node: JSONNode) throws {
    guard let value = node.value.int, value >= 0 else { throw node.mismatch("a whole number from 0 to 2^63 - 1") }
    self = UInt64(value)
  }
}

extension Double: JSONReadable {
  /// A number, whole or not.
  public init(_ node: JSONNode) throws {
    guard let value = node.value.double else { throw node.mismatch("a number") }
    self = value
  }
}

extension Float: JSONReadable {
  /// A number, rounded to single precision; one that only `Double` can hold is an error.
  public init(_ node: JSONNode) throws {
    let value = try Double(node)
    self = Float(value)
    guard isFinite || !value.isFinite else { throw node.error("\(node.value.text()) is too large") }
  }
}

extension String: JSONReadable {
  /// A text.
  public init(_ node: JSONNode) throws {
    guard case .string(let text) = node.value else { throw node.mismatch("a text") }
    self = text
  }
}

extension Array: JSONReadable where Element: JSONReadable {
  /// A list.
  public init(_ node: JSONNode) throws {
    guard case .array(let elements) = node.value else { throw node.mismatch("a list") }
    self = try elements.enumerated().map { try Element(node.element($0, $1)) }
  }
}

extension Optional: JSONReadable where Wrapped: JSONReadable {
  /// `null` is nil.
  public init(_ node: JSONNode) throws {
    self = node.value == .null ? nil : try Wrapped(node)
  }
}

extension JSONReadable where Self: CaseIterable & RawRepresentable<String> {
  /// One of the names of the cases.
  public init(_ node: JSONNode) throws {
    let names = Self.allCases.map(\.rawValue)
    guard case .string(let text) = node.value else {
      throw node.mismatch("one of \(names.joined(separator: ", "))")
    }
    guard let value = Self(rawValue: text) else {
      let hint = JSONPhrases.hint(text, among: names)
      throw node.error("\(JSONValue.string(text).text()) is not known\(hint)")
    }
    self = value
  }
}

/// Words that several errors share.
enum JSONPhrases {
  /// `; did you mean x?`, or all that are known if they are few.
  static func hint(_ word: String, among known: [String]) -> String {
    if let near = suggestion(for: word, among: known) { return "; did you mean \(near)?" }
    if known.isEmpty { return "" }
    let shown = known.prefix(16).joined(separator: ", ")
    return known.count <= 16 ? "; known: \(shown)" : "; known: \(shown), …"
  }
}
