/// A subcommand: what it can be given, and what it does.
public protocol Command: Sendable {
  /// The word that calls it.
  static var name: String { get }
  /// What it does, in a line that begins with a verb.
  static var summary: String { get }
  /// Further lines of help: formats, exceptions, what else to know.
  static var details: String { get }
  /// All it can be given, operands in their order. `--threads`, `--quiet` and `--help` are added to every command.
  static var arguments: [any AnyArgument] { get }
  /// What must or must not be given together.
  static var rules: [ArgumentRule] { get }
  /// Does it. Results go to `console.print`, everything else to `console.note`.
  static func run(_ given: Given, _ console: Console) throws
}

extension Command {
  /// Most need no more than their arguments' lines.
  public static var details: String { "" }
  /// Most have none.
  public static var rules: [ArgumentRule] { [] }
}

/// What must or must not be given together.
public enum ArgumentRule: Sendable {
  /// One of these, and not two.
  case exactlyOne([any AnyArgument])
  /// None of these or one.
  case atMostOne([any AnyArgument])
  /// One of these or more.
  case atLeastOne([any AnyArgument])
  /// The first only makes sense with one of the others.
  case needs(any AnyArgument, [any AnyArgument])

  func check(_ isGiven: (any AnyArgument) -> Bool) throws(UsageError) {
    switch self {
    case .exactlyOne(let arguments):
      let count = arguments.count(where: isGiven)
      if count == 0 { throw UsageError("give \(Self.list(arguments, "or"))") }
      if count > 1 { throw Self.tooMany(arguments.filter(isGiven)) }
    case .atMostOne(let arguments):
      if arguments.count(where: isGiven) > 1 { throw Self.tooMany(arguments.filter(isGiven)) }
    case .atLeastOne(let arguments):
      if !arguments.contains(where: isGiven) { throw UsageError("give \(Self.list(arguments, "or"))") }
    case .needs(let argument, let others):
      if isGiven(argument), !others.contains(where: isGiven) {
        throw UsageError("\(argument.name) needs \(Self.list(others, "or")) too")
      }
    }
  }

  private static func tooMany(_ given: [any AnyArgument]) -> UsageError {
    UsageError("\(list(given, "and")) exclude each other")
  }

  private static func list(_ arguments: [any AnyArgument], _ word: String) -> String {
    let names = arguments.map(\.name)
    return names.dropLast().joined(separator: ", ") + (names.count > 1 ? " \(word) " : "") + (names.last ?? "")
  }
}

/// A command or a group of them, such as `data` with `list`, `prepare` and `inspect`.
public enum CommandNode: Sendable {
  /// A command.
  case command(any Command.Type)
  /// A word that other commands stand behind.
  case group(name: String, summary: String, [CommandNode])

  /// The word that calls it.
  public var name: String {
    switch self {
    case .command(let command): command.name
    case .group(let name, _, _): name
    }
  }

  /// What it does, in a line.
  public var summary: String {
    switch self {
    case .command(let command): command.summary
    case .group(_, let summary, _): summary
    }
  }
}

/// What every command can be given.
public enum Common {
  /// How many threads work.
  public static let threads = Argument<Int?>(
    "--threads N", "how many threads work (default: all cores)", check: .range(1...1024))
  /// No messages.
  public static let quiet = Argument<Bool>("--quiet", "print results and errors only")
  /// Help.
  public static let help = Argument<Bool>("--help", "print this page (also -h)")

  static let all: [any AnyArgument] = [threads, quiet, help]
}
