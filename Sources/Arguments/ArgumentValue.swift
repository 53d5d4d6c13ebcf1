import JSON

/// A type that a word of the command line can be read as.
public protocol ArgumentValue: Sendable {
  /// Reads a word, or throws what is wrong with it: `abc is not a whole number`.
  init(argument: String) throws(UsageError)

  /// All words there are, if they are few; help and completions show them.
  static var choices: [String] { get }

  /// The word for this value, as help shows a default.
  var argument: String { get }
}

extension ArgumentValue {
  /// Most types have too many values to list.
  public static var choices: [String] { [] }
}

extension ArgumentValue where Self: CustomStringConvertible {
  /// What the value calls itself.
  public var argument: String { description }
}

extension String: ArgumentValue {
  /// Any word.
  public init(argument: String) { self = argument }
}

extension Int: ArgumentValue {
  /// A whole number, in a recipe's ways of writing one: `1000`, `1e3`.
  public init(argument: String) throws(UsageError) {
    let number = Double(argument) ?? .nan
    guard let value = Int(argument) ?? Int(exactly: number) else {
      let isLarge = number.isFinite && abs(number) >= 0x1p63
      throw UsageError("\(argument) is \(isLarge ? "too large a number" : "not a whole number")")
    }
    self = value
  }
}

extension UInt64: ArgumentValue {
  /// A whole number from 0 that a recipe can hold too.
  public init(argument: String) throws(UsageError) {
    guard let value = Int64(argument), value >= 0 else {
      throw UsageError("\(argument) is not a whole number from 0 to 2^63 - 1")
    }
    self = UInt64(value)
  }
}

extension Double: ArgumentValue {
  /// A finite number.
  public init(argument: String) throws(UsageError) {
    guard let value = Double(argument), value.isFinite else { throw UsageError("\(argument) is not a number") }
    self = value
  }
}

extension ArgumentValue where Self: RawRepresentable<String> & CaseIterable {
  /// The name of one of the cases.
  public init(argument: String) throws(UsageError) {
    guard let value = Self(rawValue: argument) else {
      let near = suggestion(for: argument, among: Self.choices)
      let hint = near.map { "did you mean \($0)?" } ?? "known: \(Self.choices.joined(separator: ", "))"
      throw UsageError("\(argument) is not known; \(hint)")
    }
    self = value
  }

  /// The names of the cases.
  public static var choices: [String] { allCases.map(\.rawValue) }

  /// The name of the case.
  public var argument: String { rawValue }
}

/// A further condition on a value, such as the range of a number.
public struct Check<Value>: Sendable {
  /// What is wrong with a value, if anything.
  private let problem: @Sendable (Value) -> String?

  /// A condition that tells what is wrong with a value, or nil if nothing is.
  public init(_ problem: @escaping @Sendable (Value) -> String?) { self.problem = problem }

  /// The value, if nothing is wrong with it.
  func callAsFunction(_ value: Value) throws(UsageError) -> Value {
    if let problem = problem(value) { throw UsageError(problem) }
    return value
  }

  /// Everything is fine.
  public static var none: Check { Check { _ in nil } }
}

extension Check where Value: Comparable & Sendable {
  /// The value must lie in a range.
  public static func range(_ range: ClosedRange<Value>) -> Check {
    Check { range.contains($0) ? nil : "\($0) is not in \(range.lowerBound)...\(range.upperBound)" }
  }
}
