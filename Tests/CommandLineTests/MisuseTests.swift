import Files
import TestSupport
import Testing

/// Every command, those that do not exist yet included, against the mistakes that can be made with any of them.
@Suite struct MisuseTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  /// The words that lead to each command, as the help pages tell them.
  func commands(below path: [String] = []) throws -> [[String]] {
    let page = try Executable.run(path + ["--help"], in: folder.path).output
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(of: "Commands:") else { return [path] }
    return try lines[(start + 1)...].prefix { !$0.isEmpty }.flatMap { line in
      try commands(below: path + [String(line.split(separator: " ")[0])])
    }
  }

  @Test func noCommandTakesNonsense() throws {
    let commands = try commands()
    #expect(commands.count >= 4)
    for command in commands {
      let name = "diptych \(command.joined(separator: " "))"
      for (words, complaint) in [
        (["--nonsense"], "unknown option --nonsense"), (["-z"], "unknown option -z"),
        (["--quite"], "did you mean --quiet?"),
        (["--threads"], "--threads needs a value"), (["--threads", "1", "--threads", "1"], "--threads is given twice"),
        (["--quiet=yes"], "--quiet takes no value"), (["--threads", "--quiet"], "--threads needs a value"),
        (["--=x"], "unknown option --"), (["--threads", "\u{1F600}", "--nonsense"], "unknown option --nonsense"),
      ] {
        let outcome = try Executable.run(command + words, in: folder.path)
        #expect(outcome.isOneLine(2, containing: complaint), "\(name) \(words): \(outcome)")
        #expect(outcome.errors.hasPrefix("\(name): "), "\(outcome)")
        #expect(outcome.errors.hasSuffix("(\(name) --help tells more)\n"), "\(outcome)")
      }
      for value in ["0", "-1", "1025", "two", "1.5", "", "99999999999999999999"] {
        // A missing operand may be what is named first: it is one line all the same.
        let outcome = try Executable.run(command + ["--threads=\(value)"], in: folder.path)
        #expect(outcome.isOneLine(2, containing: name), "\(name) --threads=\(value): \(outcome)")
      }
      let help = try Executable.run(command + ["--help"], in: folder.path)
      #expect(help.code == 0 && help.errors.isEmpty)
      #expect(help.output.contains("\nExample:\n  \(name)"), "\(name) has no example")
      #expect(help.output.split(separator: "\n").allSatisfy { $0.count <= 120 }, "\(help.output)")
    }
    #expect(try namesInFolder(folder.path).isEmpty)
  }

  @Test(
    arguments: [
      ("empty", [UInt8]()), ("short", [1, 2, 3]), ("zeros", [UInt8](repeating: 0, count: 100)),
      ("ones", [UInt8](repeating: 255, count: 100)), ("zip", [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 50)),
      ("pickle", [0x80, 2, 0x8A, 0x0A] + [UInt8](repeating: 0, count: 50)), ("text", Array("hello, world\n".utf8)),
      ("png", [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]), ("lie", [255, 255, 255, 0, 0, 0, 0, 0, 0x7B, 0x7D]),
    ] as [(String, [UInt8])]) func filesThatAreNoWeights(_ name: String, _ bytes: [UInt8]) throws
  {
    try writeFile(folder(name), bytes)
    let outcome = try Executable.run(["inspect", name], in: folder.path)
    #expect(outcome.isOneLine(1, containing: "diptych: \(name): "), "\(outcome)")
    // The same as a model's weights.
    try makeFolder(folder("model"))
    try writeFile(folder("model/model.safetensors"), bytes)
    let model = try Executable.run(["inspect", "model", "--json"], in: folder.path)
    #expect(model.isOneLine(1, containing: "diptych: model/model.safetensors: "), "\(model)")
  }

  @Test func pathsThatLeadNowhere() throws {
    try writeFile(folder("file"), "x")
    for (path, complaint) in [
      ("absent", "no such file"), ("file/below", "not a directory"),
      (String(repeating: "x", count: 300), "file name too long"),
      ("/proc/self/mem", ""), ("/dev/null", "not a sound safetensors file"),
    ] {
      let outcome = try Executable.run(["inspect", path], in: folder.path)
      #expect(outcome.isOneLine(1, containing: complaint), "\(path): \(outcome)")
    }
  }
}
