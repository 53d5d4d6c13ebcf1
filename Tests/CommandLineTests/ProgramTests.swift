import Files
import Glibc
import TestSupport
import Testing

@Suite struct ProgramTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  func run(_ words: String...) throws -> Outcome { try Executable.run(words, in: folder.path) }

  @Test func helpEverywhere() throws {
    let page = try run("--help")
    #expect(page.code == 0)
    #expect(page.output.contains("Commands:\n"))
    #expect(try run("-h").output == page.output)
    #expect(try run("help").output == page.output)
    #expect(page.errors.isEmpty)
    #expect(page.output.hasSuffix("\nExample:\n  diptych train shapes-clip --out runs/shapes\n"))
    #expect(try run("evaluate", "--help").output.contains("\nExample:\n  diptych evaluate retrieval --"))
    #expect(try run("--version").output == "diptych 0.1.0\n")
    for command in ["inspect", "completions"] {
      #expect(page.output.contains("\n  \(command) "))
      let own = try run(command, "--nonsense", "-h")
      #expect(own.code == 0)
      #expect(own.output.contains("\nExample:\n  diptych \(command) "))
      #expect(try run("help", command).output == own.output)
    }
  }

  @Test(
    arguments: [
      ([], "diptych: give a command: "), (["inspct"], "unknown command inspct; did you mean inspect?"),
      (["--versoin"], "unknown option --versoin; did you mean --version?"), ([""], "unknown command "),
      (["inspect", "x", "--jsno"], "diptych inspect: unknown option --jsno; did you mean --json?"),
      (["inspect"], "diptych inspect: PATH must be given (diptych inspect --help tells more)"),
      (["inspect", "a", "b"], "one word too many: b"), (["inspect", "a", "--threads", "-1"], "-1 is not in 1...1024"),
      (["inspect", "a", "--threads", "two"], "two is not a whole number"), (["inspect", ""], "an empty path"),
      (["completions", "bsh"], "bsh is not known; did you mean bash?"),
    ] as [([String], String)]) func misuse(_ words: [String], _ message: String) throws
  {
    let outcome = try Executable.run(words, in: folder.path)
    #expect(outcome.isOneLine(2, containing: message), "\(outcome)")
  }

  @Test func failuresAreOneLine() throws {
    try writeFile(folder("two\nlines"), "x")
    #expect(try run("inspect", "absent").isOneLine(1, containing: "diptych: absent: cannot read: no such file"))
    #expect(try run("inspect", "two\nlines").isOneLine(1, containing: "two lines: not a sound safetensors file"))
    #expect(try run("inspect", ".").isOneLine(1, containing: ".: holds no weights"))
  }

  @Test func wordsThatAreNoTextAreNamed() throws {
    // A shell can say it; the words of these tests are texts.
    let script = "exec \"$0\" inspect \"$(printf 'caf\\351')\""
    let outcome = try Executable.run(["-c", script, Executable.path], in: folder.path, program: "/bin/sh")
    #expect(
      outcome.isOneLine(2, containing: "caf\\xE9 is not UTF-8; if it is the name of a file, rename it"), "\(outcome)")
  }

  @Test func outputThatCannotBeWritten() throws {
    let full = try Executable.run(["completions", "bash"], in: folder.path, output: .file("/dev/full"))
    #expect(full.isOneLine(1, containing: "standard output: cannot write: no space left on device"))
    let closed = try Executable.run(["completions", "bash"], in: folder.path, output: .closed)
    #expect(closed.isOneLine(1, containing: "standard output: cannot write"))
    let silent = try Executable.run(["inspect", "absent"], in: folder.path, errors: .closed)
    #expect(silent.code == 1)
  }

  @Test func aReaderThatGoesAwayIsNoFailure() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let outcome = try Executable.run(["completions", "zsh"], in: folder.path, output: .descriptor(ends[1]))
    #expect(outcome.code == 0)
    #expect(outcome.errors.isEmpty)
  }
}
