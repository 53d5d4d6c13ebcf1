/// How a JSON value is laid out as text.
public enum JSONStyle: Sendable {
  /// On one line without spaces.
  case compact
  /// Two spaces a level; lists of scalars that fit stay on their line.
  case pretty
  /// As `pretty`, in JSON5: keys without quotes where that is allowed.
  case json5
}

extension JSONValue {
  /// The text of this value, without a line break at its end.
  ///
  /// Numbers have as few digits as read back the same. JSON has no infinities and no NaN: there they become `null`.
  public func text(_ style: JSONStyle = .compact) -> String {
    String(decoding: bytes(style), as: UTF8.self)
  }

  /// The text of this value as UTF-8.
  public func bytes(_ style: JSONStyle = .compact) -> [UInt8] {
    var writer = JSONWriter(style: style)
    writer.write(self, depth: 0)
    return writer.output
  }
}

private struct JSONWriter {
  let style: JSONStyle
  var output: [UInt8] = []

  private mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }

  private mutating func put(_ text: StaticString) {
    output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func newLine(_ depth: Int) {
    output.append(0x0A)
    for _ in 0..<depth { put("  ") }
  }

  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: put("null")
    case .bool(let value): if value { put("true") } else { put("false") }
    case .integer(let value): put(value.description)
    case .number(let value): write(value)
    case .string(let text): write(text)
    case .array(let elements): write(elements, depth: depth)
    case .object(let object): write(object, depth: depth)
    }
  }

  private mutating func write(_ value: Double) {
    if value.isFinite {
      put(value.description)
    } else if style != .json5 {
      put("null")
    } else {
      put(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    }
  }

  private mutating func write(_ elements: [JSONValue], depth: Int) {
    if elements.isEmpty { return put("[]") }
    if style == .compact || writeOnOneLine(elements, depth: depth) {
      if style != .compact { return }
      put("[")
      for (i, element) in elements.enumerated() {
        if i > 0 { put(",") }
        write(element, depth: depth)
      }
      return put("]")
    }
    put("[")
    for (i, element) in elements.enumerated() {
      if i > 0 { put(",") }
      newLine(depth + 1)
      write(element, depth: depth + 1)
    }
    newLine(depth)
    put("]")
  }

  /// Writes a short list of scalars as `[1, 2, 3]`; false, and nothing written, if it does not suit.
  private mutating func writeOnOneLine(_ elements: [JSONValue], depth: Int) -> Bool {
    let start = output.count
    put("[")
    for (i, element) in elements.enumerated() {
      switch element {
      case .array, .object:
        output.removeSubrange(start...)
        return false
      default: break
      }
      if i > 0 { put(", ") }
      write(element, depth: depth)
      if output.count - start > 80 {
        output.removeSubrange(start...)
        return false
      }
    }
    put("]")
    return true
  }

  private mutating func write(_ object: JSONObject, depth: Int) {
    if object.isEmpty { return put("{}") }
    put("{")
    for (i, member) in object.members.enumerated() {
      if i > 0 { put(",") }
      if style != .compact { newLine(depth + 1) }
      if style == .json5, canStandBare(member.key) { put(member.key) } else { write(member.key) }
      put(":")
      if style != .compact { put(" ") }
      write(member.value, depth: depth + 1)
    }
    if style != .compact { newLine(depth) }
    put("}")
  }

  private func canStandBare(_ key: String) -> Bool {
    var first = true
    for scalar in key.unicodeScalars {
      guard isIdentifier(scalar, first: first) else { return false }
      first = false
    }
    return !first
  }

  private mutating func write(_ text: String) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): put("\\\"")
      case UInt8(ascii: "\\"): put("\\\\")
      case 0x0A: put("\\n")
      case 0x0D: put("\\r")
      case 0x09: put("\\t")
      case 0..<0x20, 0x7F:
        put("\\u00")
        for digit in [byte >> 4, byte & 15] { output.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
