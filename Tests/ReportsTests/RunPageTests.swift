import Files
import HTML
import Images
import JSON
import Reports
import TestSupport
import Testing

@Suite struct RunPageTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  func makeRun(_ name: String, steps: Int = 30, rate: Double = 0.001) throws -> String {
    let run = folder(name)
    try makeFolder(join(run, "snapshots"))
    var metrics = ""
    for step in 1...steps {
      let line: JSONValue = [
        "step": JSONValue(step), "loss": step == 7 ? nil : .number(4 / Double(step)), "lr": .number(rate),
        "parts": ["image_to_text": .number(2 / Double(step))], "health": ["rank": 12], "time": .number(Double(step)),
      ]
      metrics += line.text() + "\n"
    }
    try writeFile(join(run, "metrics.jsonl"), metrics + "{\"step\": 3")
    let alarm: JSONValue = ["step": 9, "alarm": "collapse", "seen": "rank <1>", "change": "lower & wait"]
    try writeFile(join(run, "alarms.jsonl"), alarm.text() + "\n")
    try writeFile(join(run, "recipe.json5"), "// made\n{ optimizer: { rate: \(rate) }, same: 1 }")
    try writeFile(join(run, "environment.json"), #"{"cores": 2}"#)
    try Image(width: 2, height: 2).write(join(run, "a.png"))
    try Image(width: 3, height: 2).write(join(run, "reconstructions.png"))
    try writeFile(join(run, "secret.txt"), "not a picture")
    let snapshot: JSONValue = [
      "step": 20, "spectra": ["image": [3, 1, 0.1, 0]], "similarity": ["values": [[1, 0.5], [0, 1]]],
      "points": [["x": 1, "y": 2, "tower": "image", "caption": "a 'cat'", "picture": "a.png"], ["x": 0, "y": 1]],
      "neighbours": [
        ["picture": "a.png", "caption": "q", "found": [["picture": "secret.txt", "caption": "f", "score": 0.5]]]
      ],
    ]
    try writeFile(join(run, "snapshots/step-20.json"), snapshot.text())
    return run
  }

  @Test func aRunIsRead() throws {
    let run = try RunData(makeRun("one") + "/")
    #expect(run.name == "one")
    #expect(run.curves.map(\.name) == ["loss", "lr", "parts.image_to_text", "health.rank", "time"])
    #expect(run.points("loss").count == 30)
    #expect(run.points("loss")[6].y.isNaN)
    #expect(run.last["step"] == 30)
    #expect(run.alarms.map(\.name) == ["collapse"])
    #expect(run.recipeValues.map(\.name) == ["optimizer.rate", "same"])
  }

  @Test func thePageHoldsEverythingAndAsksForNothing() throws {
    let page = try RunPage([RunData(makeRun("one")), RunData(makeRun("two", rate: 0.01))]).html
    for text in [
      "<title>one, two · diptych</title>", "Alarms", "rank &lt;1&gt;", "lower &amp; wait", "learning rate",
      "What differs",
      "optimizer.rate", "Spectrum", "Map of held-out embeddings", "a &#39;cat&#39;", "Similarity within a batch",
      "Nearest neighbours", "Reconstructions", "Environment", "data:image/png;base64,iVBORw0KGgo",
    ] { #expect(page.contains(text), "\(text)") }
    for text in ["http:", "https:", "<script", "<link", "not a picture", "<1>", "@import", "url("] {
      #expect(!page.contains(text), "\(text)")
    }
    // Every element that is opened is closed.
    for element in ["div", "figure", "figcaption", "svg", "table", "tr", "td", "details", "dl", "g", "p", "span"] {
      let opened = page.split(separator: "<\(element)").dropFirst().count { $0.first == ">" || $0.first == " " }
      #expect(opened == page.split(separator: "</\(element)>").count - 1, "\(element)")
    }
  }

  @Test func aRunThatHasJustBegunHasAPage() throws {
    let run = folder("new")
    try makeFolder(run)
    #expect(throws: NotARun.self) { try RunData(run) }
    try writeFile(join(run, "metrics.jsonl"), "")
    #expect(try RunPage([RunData(run)]).html.contains("No alarms."))
    #expect(throws: NotARun.self) { try RunData(folder("absent")) }
    try writeFile(join(run, "metrics.jsonl"), "{]\n{\"step\":1}\n")
    #expect(throws: JSONError.self) { try RunData(run) }
  }

  @Test func base64OfRFC4648() {
    for (text, code) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
      #expect(base64(Array(text.utf8)) == code)
    }
    #expect(base64([0xFB, 0xFF]) == "+/8=")
  }
}
