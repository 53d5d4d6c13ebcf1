import Files
import Glibc
import TestSupport
import Testing

@Suite struct CompletionTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// What bash offers at the end of a line.
  func offers(_ words: [String]) throws -> [String] {
    let script = try Executable.run(["completions", "bash"], in: folder.path).output
    try writeFile(
      folder("ask.bash"),
      script + """
        COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
        _diptych
        printf '%s\\n' "${COMPREPLY[@]}" > answer
        """)
    var status: Int32 = 0
    let command = "cd \(folder.path) && bash --norc ask.bash"
    command.withCString { status = system($0) }
    #expect(status == 0)
    return try readLines(folder("answer"))
  }

  @Test func bashOffersCommandsOptionsAndValues() throws {
    #expect(try offers(["diptych", "insp"]) == ["inspect"])
    #expect(try offers(["diptych", "inspect", "--j"]) == ["--json"])
    #expect(try offers(["diptych", "inspect", "--threads", "2", "--q"]) == ["--quiet"])
    #expect(try offers(["diptych", "completions", ""]) == ["bash", "zsh", "fish"])
    try writeFile(folder("model.safetensors"), "")
    #expect(try offers(["diptych", "inspect", "mod"]) == ["model.safetensors"])
    #expect(try offers(["diptych", "inspect", "--threads", ""]) == [""])
  }

  @Test func bashOffersNamesWithBlanksWhole() throws {
    for name in ["My Photos", "My Run"] { try makeFolder(folder(name)) }
    #expect(try offers(["diptych", "inspect", "My"]).sorted() == ["My Photos", "My Run"])
    #expect(try offers(["diptych", "train", "--out", "My"]).sorted() == ["My Photos", "My Run"])
  }

  /// `train` is a command, and one of `tokenizer`.
  @Test func fishTellsCommandsOfOneNameApart() throws {
    let script = try Executable.run(["completions", "fish"], in: folder.path).output
    func conditions(_ option: String) -> Set<Substring> {
      Set(
        script.split(separator: "\n").filter { $0.contains(" -l \(option) ") }
          .compactMap { $0.split(separator: "\"").dropFirst().first })
    }
    #expect(conditions("resume") == ["train"])
    #expect(conditions("vocab-size") == ["tokenizer train"])
    #expect(script.contains("case '/train'; set place 'train'"))
    #expect(script.contains("case 'tokenizer/train'; set place 'tokenizer train'"))
  }

  @Test func everyShellHasAScript() throws {
    for (shell, sign) in [("bash", "complete -o"), ("zsh", "#compdef diptych"), ("fish", "complete -c diptych")] {
      let outcome = try Executable.run(["completions", shell], in: folder.path)
      #expect(outcome.code == 0)
      #expect(outcome.output.contains(sign))
      #expect(outcome.output.contains("inspect"))
    }
  }
}
