extension Program {
  /// The help page of the program or of a group.
  package func help(path: [String], _ nodes: [CommandNode]) -> String {
    let called = path.joined(separator: " ")
    var page = path.count == 1 ? "\(name): \(summary)\n\n" : ""
    page += "Usage: \(called) COMMAND ...\n\nCommands:\n"
    page += Self.table(nodes.map { ($0.name, $0.summary) })
    page += "\n\(called) COMMAND --help tells more about each"
    page += path.count == 1 ? ", \(called) --version which version this is.\n" : ".\n"
    return page + (Self.example(path, nodes).map { "\nExample:\n  \($0)\n" } ?? "")
  }

  /// The example of the first command there is.
  private static func example(_ path: [String], _ nodes: [CommandNode]) -> String? {
    switch nodes.first {
    case nil: nil
    case .group(let name, _, let below): example(path + [name], below)
    case .command(let command): example(path + [command.name], command)
    }
  }

  /// The line that shows a command at work.
  private static func example(_ path: [String], _ command: any Command.Type) -> String {
    (path + exampleWords(of: command).map(quoted)).joined(separator: " ")
  }

  /// The help page of a command.
  package func help(path: [String], _ command: any Command.Type) -> String {
    let called = path.joined(separator: " ")
    var page = "\(called): \(command.summary)\n\n"
    page += Self.wrapped("Usage: \(called)", Self.synopsis(of: command)) + "\n"
    let operands = command.arguments.filter { !$0.isOption }
    if !operands.isEmpty {
      page += "\nArguments:\n" + Self.table(operands.map { ($0.spelling.text, Self.line(for: $0)) })
    }
    let options = command.arguments.filter(\.isOption) + Common.all
    page += "\nOptions:\n" + Self.table(options.map { ($0.spelling.text, Self.line(for: $0)) })
    if !command.details.isEmpty { page += "\n" + Self.filled(command.details, indent: 0) + "\n" }
    return page + "\nExample:\n  \(Self.example(path, command))\n"
  }

  /// The words of a command's example, without the program's and the command's name.
  package static func exampleWords(of command: any Command.Type) -> [String] {
    let shown = command.arguments.filter { $0.example != nil }
    // Operands first, so that no option that takes many words swallows them.
    return (shown.filter { !$0.isOption } + shown.filter(\.isOption)).flatMap { argument in
      (argument.isOption ? [argument.name] : []) + (argument.example ?? [])
    }
  }

  private static func line(for argument: any AnyArgument) -> String {
    var line = argument.help
    let choices = argument.choices
    if !choices.isEmpty, !argument.spelling.text.contains(choices.joined(separator: "|")) {
      line += ": \(choices.joined(separator: ", "))"
    }
    if let text = argument.defaultText, !text.isEmpty { line += " (default: \(text))" }
    if argument.isOption, argument.isRequired { line += " (required)" }
    if argument.isOption, argument.arity == .repeated { line += " (may be repeated)" }
    return line
  }

  /// The parts of the usage line: operands as they stand, options that may be left out in brackets.
  private static func synopsis(of command: any Command.Type) -> [String] {
    var choices: [[String]: String] = [:]
    var hidden: Set<String> = []
    for rule in command.rules {
      guard case .exactlyOne(let arguments) = rule else { continue }
      choices[arguments.prefix(1).map(\.name)] = "(\(arguments.map(\.spelling.text).joined(separator: " | ")))"
      hidden.formUnion(arguments.dropFirst().map(\.name))
    }
    return command.arguments.compactMap { argument in
      if hidden.contains(argument.name) { return nil }
      if let choice = choices[[argument.name]] { return choice }
      if argument.isRequired { return argument.spelling.text }
      return "[\(argument.spelling.text)]" + (argument.arity == .repeated ? "..." : "")
    }
  }

  /// Words on lines of at most 100 characters, indented below the first.
  private static func wrapped(_ start: String, _ parts: [String]) -> String {
    var lines = [start]
    for part in parts {
      if lines[lines.count - 1].count + part.count + 1 > 100 { lines.append("      ") }
      lines[lines.count - 1] += " \(part)"
    }
    return lines.joined(separator: "\n")
  }

  /// Two columns; a long first entry has its line to itself.
  private static func table(_ rows: [(String, String)]) -> String {
    let width = min(28, rows.map(\.0.count).max() ?? 0)
    return rows.map { left, right in
      let space = String(repeating: " ", count: max(0, width - left.count) + 2)
      let text = filled(right, indent: width + 4)
      return left.count <= width
        ? "  \(left)\(space)\(text)\n" : "  \(left)\n  \(String(repeating: " ", count: width))  \(text)\n"
    }.joined()
  }

  /// Breaks lines of more than 100 characters at their spaces; what is broken off is indented, and the next line goes on
  /// there. Spaces at the beginning of a line are the writer's.
  private static func filled(_ text: String, indent: Int) -> String {
    var result = [String]()
    // Whether the last line of the result is what was broken off.
    var isOpen = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let start = line.prefix { $0 == " " }
      let words = line.split(separator: " ")
      if !isOpen || !start.isEmpty || words.isEmpty { result.append(String(start)) }
      isOpen = isOpen && start.isEmpty && !words.isEmpty
      for word in words {
        let last = result.count - 1
        // The first line stands behind an entry of the table, whose width the indentation is.
        let used = result[last].count + (last == 0 ? indent : 0)
        if used > indent, used + 1 + word.count > 100 {
          result.append(String(repeating: " ", count: indent) + word)
          isOpen = true
        } else {
          result[last] += result[last].count > (last == 0 ? start.count : max(indent, start.count)) ? " " + word : word
        }
      }
    }
    return result.joined(separator: "\n")
  }

  /// A word as a shell needs it.
  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_./=:,+@%".utf8.contains(byte)
        }
      }
    return isPlain ? word : "\"\(word)\""
  }
}
