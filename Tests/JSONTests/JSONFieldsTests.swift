import JSON
import Testing

private enum Optimizer: String, CaseIterable, JSONReadable { case adamw, sgd, lars }

@Suite struct JSONFieldsTests {
  func message(_ text: String, _ read: (JSONFields) throws -> Void) throws -> String {
    let fields = try JSONFields(JSONValue(parsing: text, as: .json5), source: "r.json5")
    do { try read(fields) } catch { return "\(error)" }
    return "fine"
  }

  @Test func typedValues() throws {
    let text = "{a: 1, b: 2.5, c: 'x', d: [1, 2], e: 'sgd', f: null, g: {h: true}, i: 1e3}"
    let fields = try JSONFields(JSONValue(parsing: text, as: .json5), source: "f")
    #expect(try fields.take("a", as: Int.self) == 1)
    #expect(try fields.take("b", as: Float.self) == 2.5)
    #expect(try fields.take("c", as: String.self) == "x")
    #expect(try fields.take("d", as: [Double].self) == [1, 2])
    #expect(try fields.take("e", default: Optimizer.adamw) == .sgd)
    #expect(try fields.takeIfPresent("f", as: Int.self) == nil)
    #expect(fields.unknownKeys == ["g", "i"])
    #expect(try fields.fields("g").take("h", as: Bool.self))
    #expect(try fields.take("i", as: Int.self) == 1000)
    #expect(try fields.take("absent", default: 7) == 7)
    try fields.finish()
  }

  @Test func messages() throws {
    #expect(
      try message("{optimizer: {learning_rat: 1}}") { fields in
        let optimizer = try fields.fields("optimizer")
        _ = try optimizer.take("learning_rate", default: 0.1)
        _ = try optimizer.take("beta", default: 0.1)
        try optimizer.finish()
      } == "r.json5: optimizer.learning_rat: unknown key; did you mean learning_rate?")
    // A key that is there already is known all the same.
    #expect(
      try message("{learning_rate: 1, learning_rat: 1}") { fields in
        _ = try fields.take("base_learning_rate", default: 0.1)
        _ = try fields.take("learning_rate", default: 0.1)
        try fields.finish()
      } == "r.json5: learning_rat: unknown key; did you mean learning_rate?")
    #expect(
      try message("{zzz: 1}") { fields in
        _ = try fields.take("a", default: 0.1)
        try fields.finish()
      } == "r.json5: zzz: unknown key; known: a")
    #expect(try message("{}") { _ = try $0.take("a", as: Int.self) } == "r.json5: a: this key is missing")
    #expect(
      try message("{a: [1, 'x']}") { _ = try $0.take("a", as: [Int].self) }
        == "r.json5: a[1]: should be a whole number, and is the text \"x\"")
    #expect(
      try message("{a: 'adamv'}") { _ = try $0.take("a", as: Optimizer.self) }
        == "r.json5: a: \"adamv\" is not known; did you mean adamw?")
    #expect(try message("{a: 7}") { _ = try $0.take("a", in: 0...1, default: 0) } == "r.json5: a: 7 is not in 0...1")
    #expect(try message("{a: 1e99}") { _ = try $0.take("a", as: Float.self) } == "r.json5: a: 1e+99 is too large")
    #expect(
      try message("{a: 1.5}") { _ = try $0.take("a", as: Int.self) }
        == "r.json5: a: should be a whole number, and is the number 1.5")
  }

  @Test func suggestions() {
    let known = ["train", "embed", "search", "evaluate", "learning_rate"]
    #expect(suggestion(for: "trian", among: known) == "train")
    #expect(suggestion(for: "eval", among: known) == "evaluate")
    #expect(suggestion(for: "Learning-Rate", among: known) == "learning_rate")
    #expect(suggestion(for: "xyz", among: known) == nil)
    #expect(suggestion(for: "", among: known) == nil)
  }
}
