/// Reads an object key by key and knows at the end which keys nobody asked for.
///
/// ```swift
/// let fields = try JSONFields(node)
/// width = try fields.take("width")
/// depth = try fields.take("depth", default: 12)
/// try fields.finish()  // "recipe.json5: encoder.wdith: unknown key; did you mean width?"
/// ```
public final class JSONFields {
  /// Where the object stands.
  public let node: JSONNode
  private let object: JSONObject
  private var asked: [String] = []

  /// The fields of an object, or an error that it is none.
  public init(_ node: JSONNode) throws {
    guard case .object(let object) = node.value else { throw node.mismatch("an object") }
    self.node = node
    self.object = object
  }

  /// The fields of a whole file.
  public convenience init(_ value: JSONValue, source: String) throws {
    try self.init(JSONNode(value, source: source))
  }

  /// Whether a key is there. Asking does not make the key a known one.
  public func has(_ key: String) -> Bool { object[key] != nil }

  /// The value of a key with its place, or nil if the key is absent.
  public func nodeIfPresent(_ key: String) -> JSONNode? {
    asked.append(key)
    return object[key].map { node.member(key, $0) }
  }

  /// A value that must be there.
  public func take<Value: JSONReadable>(_ key: String, as type: Value.Type = Value.self) throws -> Value {
    guard let below = nodeIfPresent(key) else {
      let near = suggestion(for: key, among: object.keys.filter { !asked.contains($0) })
      let hint = near.map { "; did you mean it by \($0)?" } ?? ""
      throw node.member(key, .null).error("this key is missing\(hint)")
    }
    return try Value(below)
  }

  /// A value that is something else where the key is absent.
  public func take<Value: JSONReadable>(_ key: String, default absent: @autoclosure () -> Value) throws -> Value {
    guard let below = nodeIfPresent(key) else { return absent() }
    return try Value(below)
  }

  /// A value, or nil where the key is absent or `null`.
  public func takeIfPresent<Value: JSONReadable>(_ key: String, as type: Value.Type = Value.self) throws -> Value? {
    guard let below = nodeIfPresent(key), below.value != .null else { return nil }
    return try Value(below)
  }

  /// A number that must lie in a range, or is something else where the key is absent.
  public func take<Value: JSONReadable & Comparable>(
    _ key: String, in range: ClosedRange<Value>, default absent: @autoclosure () -> Value
  ) throws -> Value {
    guard let below = nodeIfPresent(key) else { return absent() }
    return try inside(range, below)
  }

  /// A number that must be there and lie in a range.
  public func take<Value: JSONReadable & Comparable>(_ key: String, in range: ClosedRange<Value>) throws -> Value {
    let value: Value = try take(key)
    guard range.contains(value) else { return try inside(range, node.member(key, object[key] ?? .null)) }
    return value
  }

  private func inside<Value: JSONReadable & Comparable>(_ range: ClosedRange<Value>, _ below: JSONNode) throws -> Value
  {
    let value = try Value(below)
    guard range.contains(value) else {
      // JSON has no word for NaN and infinities, which JSON5 and its people have.
      let isFinite = below.value.double?.isFinite ?? true
      throw below.error(
        "\(isFinite ? below.value.text() : "\(value)") is not in \(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  /// The fields of an object below a key, or nil where the key is absent.
  public func fieldsIfPresent(_ key: String) throws -> JSONFields? {
    try nodeIfPresent(key).map { try JSONFields($0) }
  }

  /// The fields of an object below a key; an absent key is an object without members, so that all defaults hold.
  public func fields(_ key: String) throws -> JSONFields {
    try fieldsIfPresent(key) ?? JSONFields(node.member(key, .object(JSONObject())))
  }

  /// Makes keys known without reading them.
  public func ignore(_ keys: String...) { asked += keys }

  /// The keys that nobody asked for, in the order of the file.
  public var unknownKeys: [String] {
    object.keys.filter { !asked.contains($0) }
  }

  /// Throws an error that names the first key that nobody asked for and the known one nearest to it.
  public func finish() throws {
    guard let key = unknownKeys.first else { return }
    throw node.member(key, .null).error("unknown key\(JSONPhrases.hint(key, among: asked))")
  }
}
