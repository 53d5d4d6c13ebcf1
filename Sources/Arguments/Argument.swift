/// Something that a command can be given, spelt as help shows it: a flag (`--json`), an option (`--top N`) or an operand,
/// which is told by its place (`INDEX`). Three dots at the end take any number of words.
///
/// ```swift
/// static let index = Argument<String>("INDEX", "the index to search", hint: .path)          // must be given
/// static let top = Argument("--top N", "how many to show", default: 10, check: .range(1...10_000))
/// static let seed = Argument<Int?>("--seed N", "seed of the random numbers")                // may be left out
/// static let set = Argument<[String]>("--set KEY=VALUE", "changes a value of the recipe")   // may be repeated
/// static let images = Argument<[String]>("--images PATH...", "pictures", hint: .path)       // takes many words
/// static let json = Argument<Bool>("--json", "prints one JSON object")
/// ```
///
/// The declaration is the one source of parsing, checks, help, example and completions.
public struct Argument<Value: Sendable>: AnyArgument {
  /// Its name and what stands for its value.
  public let spelling: Spelling
  /// What it is, in a line.
  public let help: String
  /// The words that stand for its value in the command's example; nil leaves it out there.
  public let example: [String]?
  /// Whether the command needs it.
  public let isRequired: Bool
  /// What holds where it is not given, as help shows it.
  public let defaultText: String?
  /// All values there are, if they are few.
  public let choices: [String]
  /// What kind of word it takes.
  public let hint: ValueHint
  private let convert: @Sendable ([String]) throws(UsageError) -> Value

  /// Reads the words that were given, in order; none means that it was not given.
  public func read(_ words: [String]) throws(UsageError) -> any Sendable {
    for word in words where word.isEmpty && hint != .text { throw UsageError("an empty path") }
    return try convert(words)
  }

  private init(
    _ spelling: String, _ help: String, _ example: [String]?, _ arity: Arity, required: Bool = false,
    default defaultText: String? = nil, choices: [String] = [], _ hint: ValueHint = .text,
    _ convert: @escaping @Sendable ([String]) throws(UsageError) -> Value
  ) {
    self.spelling = Spelling(spelling, arity: arity, choices: choices)
    self.help = help
    self.example = example
    self.isRequired = required
    self.defaultText = defaultText
    self.choices = choices
    self.hint = hint
    self.convert = convert
  }
}

extension Argument where Value == Bool {
  /// A flag: there or not.
  public init(_ spelling: String, _ help: String, inExample: Bool = false) {
    self.init(spelling, help, inExample ? [] : nil, .flag) { words in !words.isEmpty }
  }
}

extension Argument where Value: ArgumentValue {
  /// A value that must be given.
  ///
  /// `example`: the word that stands for it in the command's example; without one it is left out there.
  public init(
    _ spelling: String, _ help: String, example: String? = nil, hint: ValueHint = .text, check: Check<Value> = .none
  ) {
    self.init(
      spelling, help, example.map { [$0] }, .one, required: true, choices: Value.choices, hint
    ) { words throws(UsageError) in
      guard let word = words.first else { throw UsageError("must be given") }
      return try check(Value(argument: word))
    }
  }

  /// A value that is another where it is not given.
  ///
  /// `shown`: how help tells the default, if its own word would say too little.
  public init(
    _ spelling: String, _ help: String, default absent: Value, shown: String? = nil, example: String? = nil,
    hint: ValueHint = .text, check: Check<Value> = .none
  ) {
    self.init(
      spelling, help, example.map { [$0] }, .one, default: shown ?? absent.argument, choices: Value.choices, hint
    ) { words throws(UsageError) in
      guard let word = words.first else { return absent }
      return try check(Value(argument: word))
    }
  }
}

extension Argument {
  /// A value that may be left out.
  public init<Wrapped: ArgumentValue>(
    _ spelling: String, _ help: String, example: String? = nil, hint: ValueHint = .text, check: Check<Wrapped> = .none
  ) where Value == Wrapped? {
    self.init(
      spelling, help, example.map { [$0] }, .one, choices: Wrapped.choices, hint
    ) { words throws(UsageError) in
      guard let word = words.first else { return nil }
      return try check(Wrapped(argument: word))
    }
  }

  /// Any number of values. An option whose spelling ends in three dots takes many words at once; each may be repeated.
  public init<Element: ArgumentValue>(
    _ spelling: String, _ help: String, atLeast least: Int = 0, example: [String]? = nil, hint: ValueHint = .text,
    check: Check<Element> = .none
  ) where Value == [Element] {
    self.init(
      spelling, help, example, .repeated, required: least > 0, choices: Element.choices, hint
    ) { words throws(UsageError) in
      guard words.count >= least else { throw UsageError(words.isEmpty ? "must be given" : "needs at least \(least)") }
      var values = [Element]()
      for word in words { values.append(try check(Element(argument: word))) }
      return values
    }
  }
}
