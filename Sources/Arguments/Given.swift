import JSON

/// What a command was given: every argument's value, read and checked.
public struct Given: Sendable {
  private var values: [String: any Sendable] = [:]
  private var givenNames: Set<String> = []

  /// The value of an argument.
  public subscript<Value>(_ argument: Argument<Value>) -> Value {
    guard let value = values[argument.name] as? Value else {
      fatalError("Given: the command does not declare \(argument.spelling.text)")
    }
    return value
  }

  /// Whether an argument stands on the command line, be it with its default value.
  public func has(_ argument: any AnyArgument) -> Bool { givenNames.contains(argument.name) }

  /// Reads the words behind a command's name.
  package init(_ words: [String], for command: any Command.Type) throws(UsageError) {
    let arguments = command.arguments + Common.all
    var reader = WordReader(words: words, arguments: arguments)
    try reader.readAll()
    givenNames = Set(reader.found.keys)
    for rule in command.rules { try rule.check(has) }
    for argument in arguments {
      guard !argument.isRequired || has(argument) else { throw UsageError("\(argument.name) must be given") }
      do throws(UsageError) {
        values[argument.name] = try argument.read(reader.found[argument.name] ?? [])
      } catch {
        throw UsageError("\(argument.name): \(error)")
      }
    }
  }
}

/// Deals words out to arguments.
private struct WordReader {
  let words: [String]
  let options: [any AnyArgument]
  let operands: [any AnyArgument]
  var found: [String: [String]] = [:]
  private var index = 0
  private var onlyOperands = false
  private var loose: [String] = []

  init(words: [String], arguments: [any AnyArgument]) {
    self.words = words
    options = arguments.filter(\.isOption)
    operands = arguments.filter { !$0.isOption }
  }

  mutating func readAll() throws(UsageError) {
    while index < words.count {
      let word = words[index]
      index += 1
      if onlyOperands || word == "-" || word.utf8.first != UInt8(ascii: "-") {
        loose.append(word)
      } else if word == "--" {
        onlyOperands = true
      } else {
        try readOption(word == "-h" ? "--help" : word)
      }
    }
    try dealOperands()
  }

  private mutating func readOption(_ word: String) throws(UsageError) {
    let equals = word.utf8.firstIndex(of: UInt8(ascii: "="))
    let name = equals.map { String(word[..<$0]) } ?? word
    guard let option = options.first(where: { $0.name == name }) else {
      let near = suggestion(for: name, among: options.map(\.name))
      throw UsageError("unknown option \(name)\(near.map { "; did you mean \($0)?" } ?? "")")
    }
    let attached = equals.map { String(word[word.utf8.index(after: $0)...]) }
    let isAgain = found[name] != nil
    switch option.arity {
    case .flag:
      guard attached == nil else { throw UsageError("\(name) takes no value") }
      found[name] = [""]
    case .one, .repeated:
      guard option.arity == .repeated || !isAgain else { throw UsageError("\(name) is given twice") }
      found[name, default: []].append(try value(of: option, attached))
    case .many:
      var values = [try value(of: option, attached)]
      while attached == nil, index < words.count, !looksLikeOption(words[index]) {
        values.append(words[index])
        index += 1
      }
      found[name, default: []] += values
    }
  }

  /// What stands behind the option's `=`, or the next word. It may begin with a hyphen, as −5 does, but may not be an option of this command.
  private mutating func value(of option: any AnyArgument, _ attached: String?) throws(UsageError) -> String {
    if let attached { return attached }
    guard index < words.count, words[index] != "--", !options.contains(where: { $0.name == words[index] }) else {
      throw UsageError("\(option.name) needs a value (\(option.spelling.text))")
    }
    index += 1
    return words[index - 1]
  }

  private func looksLikeOption(_ word: String) -> Bool {
    word != "-" && word.utf8.first == UInt8(ascii: "-")
  }

  private mutating func dealOperands() throws(UsageError) {
    var rest = loose[...]
    for (place, operand) in operands.enumerated() {
      if operand.arity == .many || operand.arity == .repeated {
        // Leave a word for each operand that follows and must be given.
        let kept = operands[(place + 1)...].count { $0.isRequired }
        let taken = rest.dropLast(min(kept, rest.count))
        if !taken.isEmpty { found[operand.name] = Array(taken) }
        rest = rest.dropFirst(taken.count)
      } else if let word = rest.popFirst() {
        found[operand.name] = [word]
      }
    }
    if let extra = rest.first {
      throw UsageError(operands.isEmpty ? "takes no \(extra)" : "one word too many: \(extra)")
    }
  }
}
