import Arguments
import Testing

private enum Precision: String, ArgumentValue, CaseIterable { case fp32, bf16 }

/// A command with an argument of every kind.
private enum Paint: Command {
  static let name = "paint"
  static let summary = "paint pictures"
  static let details = String(repeating: "Pictures dry slowly. ", count: 20) + "\n  indented"
  static let canvas = Argument<String>("CANVAS", "what to paint on", example: "wall.png", hint: .path)
  static let colors = Argument<[String]>("COLOR...", "what to paint with", example: ["red", "dark blue"])
  static let top = Argument("--top N", "how many", default: 10, example: "3", check: .range(-5...100))
  static let seed = Argument<Int?>("--seed N", "random seed")
  static let rate = Argument<Double?>("--rate X", "how fast")
  static let precision = Argument("--precision P", "the numbers", default: Precision.fp32)
  static let set = Argument<[String]>("--set KEY=VALUE", "a value of the recipe")
  static let images = Argument<[String]>("--images PATH...", "pictures", hint: .path)
  static let texts = Argument<String?>("--texts FILE", "texts", hint: .path)
  static let json = Argument<Bool>("--json", "one JSON object", inExample: true)
  static let html = Argument<String?>("--html FILE", "a page", hint: .path)
  static let arguments: [any AnyArgument] = [
    canvas, colors, top, seed, rate, precision, set, images, texts, json, html,
  ]
  static let rules: [ArgumentRule] = [.atMostOne([json, html]), .needs(rate, [seed])]
  static func run(_ given: Given, _ console: Console) throws {}
}

private enum Pick: Command {
  static let name = "pick"
  static let summary = "pick one"
  static let text = Argument<String?>("--text TEXT", "a text", example: "a")
  static let image = Argument<String?>("--image FILE", "a picture")
  static let model = Argument<String>("--model MODEL", "a model", example: "m", hint: .folder)
  static let arguments: [any AnyArgument] = [text, image, model]
  static let rules: [ArgumentRule] = [.exactlyOne([text, image])]
  static func run(_ given: Given, _ console: Console) throws {}
}

@Suite struct GivenTests {
  @Test func wholeNumbersAreWrittenAsInRecipes() throws {
    for (word, value) in [("1000", 1000), ("1e3", 1000), ("5.0", 5), ("-2e1", -20)] {
      #expect(try Int(argument: word) == value)
    }
    for (word, problem) in [
      ("99999999999999999999", "too large a number"), ("1e300", "too large a number"), ("inf", "not a whole number"),
      ("nan", "not a whole number"), ("1.5", "not a whole number"), ("many", "not a whole number"),
    ] {
      #expect(throws: UsageError("\(word) is \(problem)")) { try Int(argument: word) }
    }
  }

  @Test func everyKindIsRead() throws {
    let given = try Given(
      [
        "wall", "--top=-5", "red", "--seed", "-7", "--set", "a=1", "--set", "b==2", "--json", "--precision", "bf16",
        "--images", "x", "y", "--images=z", "--quiet", "--", "--top", "-",
      ], for: Paint.self)
    #expect(given[Paint.canvas] == "wall")
    #expect(given[Paint.colors] == ["red", "--top", "-"])
    #expect(given[Paint.top] == -5)
    #expect(given[Paint.seed] == -7)
    #expect(given[Paint.rate] == nil)
    #expect(given[Paint.precision] == .bf16)
    #expect(given[Paint.set] == ["a=1", "b==2"])
    #expect(given[Paint.images] == ["x", "y", "z"])
    #expect(given[Paint.json])
    #expect(given[Common.quiet])
    #expect(given[Common.threads] == nil)
    #expect(given.has(Paint.top))
    #expect(!given.has(Paint.texts))
  }

  @Test func defaultsHold() throws {
    let given = try Given(["wall"], for: Paint.self)
    #expect(given[Paint.colors] == [])
    #expect(given[Paint.top] == 10)
    #expect(given[Paint.precision] == .fp32)
    #expect(!given[Paint.json])
  }

  @Test(
    arguments: [
      ([], "CANVAS must be given"), (["w", "--tpo", "3"], "unknown option --tpo; did you mean --top?"),
      (["w", "--zzzz"], "unknown option --zzzz"), (["w", "-x"], "unknown option -x"),
      (["w", "--top"], "--top needs a value (--top N)"), (["w", "--top", "--json"], "--top needs a value (--top N)"),
      (["w", "--top", "abc"], "--top: abc is not a whole number"),
      (["w", "--top", "1.5"], "--top: 1.5 is not a whole number"),
      (["w", "--top", "101"], "--top: 101 is not in -5...100"), (["w", "--top="], "--top:  is not a whole number"),
      (["w", "--top", "9999999999999999999999"], "--top: 9999999999999999999999 is too large a number"),
      (["w", "--top", "1", "--top", "2"], "--top is given twice"), (["w", "--json=yes"], "--json takes no value"),
      (["w", "--precision", "fp23"], "--precision: fp23 is not known; did you mean fp32?"),
      (["w", "--precision", "zzzzz"], "--precision: zzzzz is not known; known: fp32, bf16"),
      (["w", "--json", "--html", "x"], "--json and --html exclude each other"),
      (["w", "--seed", "1", "--rate", "nan"], "--rate: nan is not a number"),
      (["w", "--rate", "1"], "--rate needs --seed too"),
      (["w", "--texts", ""], "--texts: an empty path"), ([""], "CANVAS: an empty path"),
      (["w", "--threads", "0"], "--threads: 0 is not in 1...1024"),
    ] as [([String], String)]) func misuse(_ words: [String], _ message: String)
  {
    #expect(throws: UsageError(message)) { try Given(words, for: Paint.self) }
  }

  @Test func rules() throws {
    #expect(throws: UsageError("give --text or --image")) { try Given(["--model", "m"], for: Pick.self) }
    #expect(throws: UsageError("--text and --image exclude each other")) {
      try Given(["--text", "", "--image", "x", "--model", "m"], for: Pick.self)
    }
    #expect(throws: UsageError("--model must be given")) { try Given(["--text", ""], for: Pick.self) }
    #expect(throws: UsageError("takes no extra")) {
      try Given(["--text", "", "--model", "m", "extra"], for: Pick.self)
    }
    #expect(try Given(["--text", "", "--model", "m"], for: Pick.self)[Pick.text] == "")
  }

  @Test func helpIsMadeFromTheDeclaration() throws {
    let program = Program(name: "p", version: "1", summary: "s", commands: [.command(Paint.self)])
    let page = program.help(path: ["p", "paint"], Paint.self)
    #expect(page.contains("Usage: p paint CANVAS [COLOR...] [--top N] [--seed N] [--rate X] [--precision fp32|bf16]"))
    #expect(page.contains("how many (default: 10)"))
    #expect(page.contains("Example:\n  p paint wall.png red \"dark blue\" --top 3 --json\n"))
    #expect(page.contains("Pictures dry slowly. Pictures dry slowly."))
    #expect(page.contains("\n  indented\n"))
    #expect(page.utf8.split(separator: 0x0A).allSatisfy { $0.count <= 102 })
    #expect(
      program.help(path: ["p", "pick"], Pick.self).contains("Usage: p pick (--text TEXT | --image FILE) --model MODEL"))
    for command in [Paint.self, Pick.self] as [any Command.Type] {
      _ = try Given(Program.exampleWords(of: command), for: command)
    }
  }
}
