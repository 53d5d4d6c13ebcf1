/// How many words of the command line an argument takes.
public enum Arity: Sendable {
  /// None: it is there or not.
  case flag
  /// One.
  case one
  /// One at a time, and it may be repeated.
  case repeated
  /// All up to the next option, and it may be repeated.
  case many
}

/// What kind of word an argument takes, for checks and completions.
public enum ValueHint: Sendable {
  /// Any text.
  case text
  /// A path, which may not be empty.
  case path
  /// The path of a folder, which may not be empty.
  case folder
}

/// An ``Argument`` whose type of value does not matter: what parser, help and completions see of it.
public protocol AnyArgument: Sendable {
  /// Its name and what stands for its value.
  var spelling: Spelling { get }
  /// What it is, in a line.
  var help: String { get }
  /// The words that stand for its value in the command's example; nil leaves it out there.
  var example: [String]? { get }
  /// Whether the command needs it.
  var isRequired: Bool { get }
  /// What holds where it is not given, as help shows it.
  var defaultText: String? { get }
  /// All values there are, if they are few.
  var choices: [String] { get }
  /// What kind of word it takes.
  var hint: ValueHint { get }

  /// Reads the words that were given, in order; none means that it was not given.
  func read(_ words: [String]) throws(UsageError) -> any Sendable
}

extension AnyArgument {
  /// `--top`, or `INDEX`.
  public var name: String { spelling.name }
  /// How many words it takes.
  public var arity: Arity { spelling.arity }
  /// Whether it is named on the command line, and not told by its place.
  public var isOption: Bool { spelling.isOption }
}

/// An argument's name and what stands for its value: `--top N`, `--images PATH...`, `INDEX`, `IMAGE...`, `--json`.
public struct Spelling: Sendable, Equatable {
  /// `--top`, or `INDEX`.
  public let name: String
  /// `N`; empty for flags, the name for operands.
  public let placeholder: String
  /// How many words it takes.
  public let arity: Arity

  init(_ text: String, arity: Arity, choices: [String]) {
    var parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    var arity = arity
    if let last = parts.last, last.utf8.suffix(3).elementsEqual("...".utf8) {
      parts[parts.count - 1] = String(last.dropLast(3))
      arity = .many
    }
    name = parts.first ?? ""
    let isOption = name.utf8.starts(with: "--".utf8)
    // A list that no line holds stands in the explanation.
    let list = choices.joined(separator: "|")
    let shown = choices.isEmpty || list.count > 80 ? parts.last ?? "" : list
    placeholder = isOption && parts.count < 2 ? "" : shown
    self.arity = arity
    guard !name.isEmpty, isOption || arity != .flag, isOption || parts.count == 1,
      !isOption || (arity == .flag) == (parts.count == 1)
    else { fatalError("Argument: \"\(text)\" is spelt neither --flag nor --option VALUE nor OPERAND") }
  }

  /// Whether it is named on the command line, and not told by its place.
  public var isOption: Bool { name.utf8.starts(with: "--".utf8) }

  /// As it stands in help.
  public var text: String {
    let dots = arity == .many ? "..." : ""
    return !isOption || placeholder.isEmpty ? (isOption ? name : placeholder) + dots : "\(name) \(placeholder)\(dots)"
  }
}
