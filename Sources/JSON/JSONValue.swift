/// A JSON value. Whole numbers keep all their digits, and objects keep the order of their keys.
public enum JSONValue: Sendable, Equatable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number written without fraction or exponent that fits 64 bits.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Keys and their values.
  case object(JSONObject)
}

extension JSONValue {
  /// A whole number.
  public init(_ value: Int) { self = .integer(Int64(value)) }

  /// A number, written with as few digits as tell it from all other `Float`s: 0.1 and not 0.10000000149011612.
  public init(_ value: Float) { self = .number(Double(value.description) ?? Double(value)) }

  /// A list of numbers.
  public init(_ values: [Float]) { self = .array(values.map { JSONValue($0) }) }

  /// A list of whole numbers.
  public init(_ values: [Int]) { self = .array(values.map { JSONValue($0) }) }

  /// A list of texts.
  public init(_ values: [String]) { self = .array(values.map { .string($0) }) }

  /// The value of a key, if this is an object that has it.
  public subscript(key: String) -> JSONValue? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// The members, if this is an object.
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

  /// The elements, if this is a list.
  public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  /// The text, if this is one.
  public var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The truth value, if this is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The number, if this is one, whole or not.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The whole number, if this is one; `1e3` and `2.0` are.
  public var int: Int? {
    switch self {
    case .integer(let value): Int(exactly: value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// What it is, in the words of an error message.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer, .number: "the number \(text())"
    case .string(let text): text.utf8.count <= 40 ? "the text \(JSONValue.string(text).text())" : "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// `nil` stands for `null`.
  public init(nilLiteral: ()) { self = .null }
  /// `true` and `false` stand for themselves.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole number stands for itself.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A number stands for itself.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A text stands for itself.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A list literal stands for a list.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// A dictionary literal stands for an object in the same order; of two equal keys the last wins.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
