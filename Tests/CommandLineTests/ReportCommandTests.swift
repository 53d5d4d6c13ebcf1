import Files
import TestSupport
import Testing

@Suite struct ReportCommandTests {
  let folder: ScratchFolder
  init() throws {
    folder = try ScratchFolder()
    try makeFolder(folder("run"))
    try writeFile(
      folder("run/metrics.jsonl"),
      (1...40).map { "{\"step\":\($0),\"loss\":\(10.0 / Double($0)),\"lr\":0.1}\n" }.joined())
  }

  func report(_ words: String...) throws -> Outcome { try Executable.run(["report"] + words, in: folder.path) }

  @Test func writesAPageAndPictures() throws {
    let outcome = try report("run", "--out", "page.html", "--png", "plots")
    #expect(outcome.code == 0 && outcome.output.isEmpty, "\(outcome)")
    #expect(outcome.errors == "wrote page.html\nwrote 2 pictures to plots\n")
    #expect(try readText(folder("page.html")).contains("<title>run · diptych</title>"))
    #expect(try namesInFolder(folder("plots")) == ["learning-rate.png", "loss.png"])
    #expect(try readFile(folder("plots/loss.png")).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try report("run", "run/", "--out=again.html", "--quiet").errors.isEmpty)
  }

  @Test func runsOfTheSameNameAreToldApart() throws {
    for name in ["a/run", "b/run"] {
      try makeFolder(folder(name))
      try writeFile(folder("\(name)/metrics.jsonl"), readFile(folder("run/metrics.jsonl")))
    }
    #expect(try report("a/run", "b/run", "b/run/", "--out", "page.html").code == 0)
    #expect(try readText(folder("page.html")).contains("<title>a/run, b/run, b/run (2) · diptych</title>"))
  }

  @Test func misuse() throws {
    #expect(try report("run").isOneLine(2, containing: "diptych report: give --out or --png"))
    #expect(try report("--out", "x.html").isOneLine(2, containing: "RUN must be given"))
    #expect(try report("absent", "--out", "x.html").isOneLine(1, containing: "absent: not a run: it is not a folder"))
    #expect(try report(".", "--out", "x.html").isOneLine(1, containing: ".: not a run: it has no metrics.jsonl"))
    #expect(try report("run", "--out", "no/x.html").isOneLine(1, containing: "no/x.html: cannot write: no such file"))
    #expect(try report("run", "--out", "run").isOneLine(1, containing: "run: cannot write: is a directory"))
    #expect(
      try report("run", "--png", "run/metrics.jsonl").isOneLine(1, containing: "run/metrics.jsonl: cannot create"))
    try writeFile(folder("run/recipe.json5"), "{ a: }")
    #expect(try report("run", "--out", "x.html").isOneLine(1, containing: "run/recipe.json5:1:6: '}' where a value"))
    #expect(try namesInFolder(folder.path) == ["run"])
  }
}
