import JSON
import Testing

@Suite struct JSONWriterTests {
  let sample: JSONValue = [
    "name": "a\"\\\n\t\u{1}\u{7F}é😀", "lr": 0.0001, "steps": 100, "big": 1e300, "betas": [0.9, 0.98], "none": nil,
    "on": true, "empty": [], "object": [:], "two words": [["x": 1], [1, [2]]], "one": 1.0,
  ]

  @Test func everyStyleReadsBackTheSame() throws {
    for (style, dialect) in [(JSONStyle.compact, JSONDialect.json), (.pretty, .json), (.json5, .json5)] {
      #expect(try JSONValue(parsing: sample.text(style), as: dialect) == sample)
    }
  }

  @Test func layout() {
    let value: JSONValue = ["a": [1, 2.5], "b c": ["x": [["y": nil]]]]
    #expect(value.text() == #"{"a":[1,2.5],"b c":{"x":[{"y":null}]}}"#)
    #expect(
      value.text(.json5) == """
        {
          a: [1, 2.5],
          "b c": {
            x: [
              {
                y: null
              }
            ]
          }
        }
        """)
    #expect(JSONValue(Array(repeating: 1_000_000, count: 40)).text(.pretty).utf8.count { $0 == 0x0A } == 41)
  }

  @Test func doublesAreShortestAndExact() throws {
    for value in [0.1, 1 / 3.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e21, 1e-7, -2, 123_456_789.123] {
      #expect(try JSONValue(parsing: JSONValue.number(value).text()) == .number(value))
    }
    #expect(JSONValue.number(0.1).text() == "0.1")
    #expect(JSONValue(Float(0.1)).text() == "0.1")
  }

  @Test func nonFiniteNumbers() {
    let value: JSONValue = ["a": [1, .number(.nan)], "b": .number(-.infinity)]
    #expect(value.text() == #"{"a":[1,null],"b":null}"#)
    #expect(value.text(.json5).contains("b: -Infinity"))
  }
}
