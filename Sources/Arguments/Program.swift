import Files
import Glibc
import JSON

/// How the program ended.
public enum ExitCode: Int32, Sendable {
  /// It did what it was asked to.
  case success = 0
  /// It failed; one line said why.
  case failure = 1
  /// The command line could not be understood; one line said why.
  case usage = 2
  /// It was interrupted and its state is saved.
  case interrupted = 130
}

/// An executable: its commands, and what happens around them.
public struct Program: Sendable {
  /// What it is called.
  public let name: String
  /// Its version.
  public let version: String
  /// What it does, in a line.
  public let summary: String
  /// Its commands in the order of help.
  public let commands: [CommandNode]

  /// A program.
  public init(name: String, version: String, summary: String, commands: [CommandNode]) {
    self.name = name
    self.version = version
    self.summary = summary
    self.commands = commands
  }

  /// Runs the command that the words ask for and returns the exit code. Errors become one line on standard error.
  ///
  /// `around`: called with what the command was given and the command itself, to set up what it runs in.
  public func run(
    _ words: @autoclosure () throws -> [String], around: (Given, () throws -> Void) throws -> Void
  ) -> ExitCode {
    occupyStandardDescriptors()
    // A reader that goes away shows as EPIPE and ends the command where it prints, not training where it stands.
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow shows as EFBIG, so that the command says so and takes back what it began.
    signal(SIGXFSZ, SIG_IGN)
    var path = [name]
    do {
      return try dispatch(words(), path: &path, around: around)
    } catch OutputError.readerIsGone {
      return .success
    } catch OutputError.failed(let error) {
      return fail(.failure, "\(name): \(error)")
    } catch let error as UsageError {
      let called = path.joined(separator: " ")
      return fail(.usage, "\(called): \(error) (\(called) --help tells more)")
    } catch let error as Interrupted {
      return fail(.interrupted, "\(name): \(error)")
    } catch {
      return fail(.failure, "\(name): \(error)")
    }
  }

  private func fail(_ code: ExitCode, _ line: String) -> ExitCode {
    // What people get to see is one line, whatever a file name or a caption brings into it.
    Console.writeError(line.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : String($0) }.joined())
    return code
  }

  private func dispatch(
    _ words: [String], path: inout [String], around: (Given, () throws -> Void) throws -> Void
  ) throws -> ExitCode {
    var rest = words[...]
    var nodes = commands
    var helpIsAsked = false
    if rest.first == "help" {
      helpIsAsked = true
      rest = rest.dropFirst()
    }
    while true {
      guard let word = rest.popFirst() else {
        if helpIsAsked { return try show(help(path: path, nodes)) }
        throw UsageError("give a command: \(nodes.map(\.name).joined(separator: ", "))")
      }
      if word == "--help" || word == "-h" { return try show(help(path: path, nodes)) }
      if word == "--version", path.count == 1 { return try show("\(name) \(version)\n") }
      guard let node = nodes.first(where: { $0.name == word }) else {
        let isOption = word.utf8.first == UInt8(ascii: "-")
        let near = suggestion(for: word, among: nodes.map(\.name) + (isOption ? ["--help", "--version"] : []))
        let hint = near.map { "; did you mean \($0)?" } ?? ""
        throw UsageError("unknown \(isOption ? "option" : "command") \(word)\(hint)")
      }
      path.append(word)
      switch node {
      case .group(_, _, let below): nodes = below
      case .command(let command):
        if helpIsAsked || Self.asksForHelp(rest) { return try show(help(path: path, command)) }
        let given = try Given(Array(rest), for: command)
        let console = Console(isQuiet: given[Common.quiet])
        try around(given) {
          try command.run(given, console)
        }
        try console.flush()
        return .success
      }
    }
  }

  /// Help is given whatever else is wrong with the words, but not for a `--help` behind `--`.
  private static func asksForHelp(_ words: ArraySlice<String>) -> Bool {
    words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  private func show(_ text: String) throws -> ExitCode {
    let console = Console(isQuiet: false)
    try console.print(bytes: text.utf8)
    try console.flush()
    return .success
  }
}
