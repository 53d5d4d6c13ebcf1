import Files
import JSON
import Testing

@Suite struct JSONParserTests {
  @Test func valuesOfEveryKind() throws {
    let text = #"{"b": [1, -2.5, 1e3, true, false, null], "a": {"é\u00e9\n\ud83d\ude00": "x"}, "": []}"#
    let value = try JSONValue(parsing: text)
    #expect(value.object?.keys == ["b", "a", ""])
    #expect(value["b"] == [1, -2.5, 1000.0, true, false, nil])
    #expect(value["a"] == ["éé\n😀": "x"])
    #expect(try JSONValue(parsing: "\u{FEFF} 7\n") == 7)
  }

  @Test(arguments: [
    ("9223372036854775807", JSONValue.integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("-0", .number(-0.0)), ("0", .integer(0)),
    ("1.0", .number(1)), ("5e-324", .number(.leastNonzeroMagnitude)), ("0.1", .number(0.1)), ("1e-400", .number(0)),
    ("1000000000000000019884624838656", .number(1e30)),
  ]) func numbers(_ text: String, _ expected: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == expected)
  }

  @Test func halfASurrogatePairIsReplaced() throws {
    #expect(try JSONValue(parsing: #""a\ud83db""#) == "a\u{FFFD}b")
    #expect(try JSONValue(parsing: #""\ude00\ud83d\ud83d\ude00""#) == "\u{FFFD}\u{FFFD}😀")
    #expect(try JSONValue(parsing: #""\ud83d\n""#) == "\u{FFFD}\n")
  }

  @Test(arguments: [
    ("", "f:1:1: the text ends where a value should be"),
    ("[1,\n 2 3]", "f:2:4: '3' where ',' or ']' should be"),
    ("[1,]", "f:1:4: ']' where a value after the comma should be"),
    ("{\"é\": ü}", "f:1:7: 'ü' where a value should be"),
    ("{a: 1}", "f:1:2: 'a' where a key in double quotes should be"),
    ("{\"a\":1,\n\"a\":2}", "f:2:1: the key \"a\" occurs a second time"),
    ("{\"a\" 1}", "f:1:6: '1' where ':' should be"),
    ("01", "f:1:1: a number with a leading zero"), ("-01", "f:1:1: a number with a leading zero"),
    ("1.", "f:1:3: the text ends where a digit should be"), (".5", "f:1:1: '.' where a value should be"),
    ("+1", "f:1:1: '+' where a value should be"),
    ("1e", "f:1:3: the text ends where a digit of the exponent should be"),
    ("-", "f:1:2: the text ends where a digit should be"), ("1e999", "f:1:1: the number 1e999 is too large"),
    ("NaN", "f:1:1: 'N' where a value should be"), ("truex", "f:1:1: 't' where a value should be"),
    ("1 2", "f:1:3: '2' where the end should be"), ("\"ab", "f:1:1: a text that is never closed"),
    ("\"a\nb\"", "f:1:3: a text ends with its line; close it or write \\n"),
    ("\"\u{1}\"", "f:1:2: a control character inside a text"),
    ("\"\\x41\"", "f:1:2: an escape that JSON does not have"),
    ("\"\\u12g4\"", "f:1:2: an escape without its 4 hexadecimal digits"),
    ("\"\\", "f:1:2: an escape that JSON does not have"),
    ("'a'", "f:1:1: ''' where a value should be"), ("// c\n1", "f:1:1: '/' where a value should be"),
    ("[", "f:1:2: the text ends where a value should be"),
    ("\u{0}", "f:1:1: a control character where a value should be"),
  ]) func errorsNameTheirPlace(_ text: String, _ message: String) {
    #expect(throws: (any Error).self) { try JSONValue(parsing: text, source: "f") }
    do { _ = try JSONValue(parsing: text, source: "f") } catch { #expect("\(error)" == message) }
  }

  @Test func invalidUTF8IsNamed() {
    do {
      _ = try JSONValue(parsing: [0x22, 0x0A, 0x61, 0xFF, 0x22], source: "f")
      Issue.record("accepted")
    } catch { #expect("\(error)" == "f:2:2: not valid UTF-8") }
  }

  @Test func nestingIsBounded() throws {
    let deep = String(repeating: "[", count: 256) + String(repeating: "]", count: 256)
    _ = try JSONValue(parsing: deep)
    #expect(throws: JSONError.self) { try JSONValue(parsing: "[" + deep + "]") }
    #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "{\"a\":", count: 1_000_000)) }
    // Beside each other, not inside: depth is given back.
    _ = try JSONValue(parsing: "[" + Array(repeating: "[[]]", count: 500).joined(separator: ",") + "]")
  }

  @Test func json5() throws {
    let text = """
      // a recipe
      {
        bare: 1, $x_1: 'it\\'s', "quoted": "a\\
      b\\x41\\v\\0", /* inner * / */ ünï: .5, \\u0061b: 5., hex: 0xFF, negative: -0x10,
        plus: +3, all: [Infinity, -Infinity, +Infinity,], \u{A0}'single "double"': "don't",
      }
      // the end
      """
    let value = try JSONValue(parsing: text, as: .json5)
    #expect(value["bare"] == 1)
    #expect(value["$x_1"] == "it's")
    #expect(value["quoted"] == "abA\u{0B}\0")
    #expect(value["ünï"] == 0.5)
    #expect(value["ab"] == 5.0)
    #expect(value["hex"] == 255)
    #expect(value["negative"] == -16)
    #expect(value["plus"] == 3)
    #expect(value["all"] == .array([.number(.infinity), .number(-.infinity), .number(.infinity)]))
    #expect(value["single \"double\""] == "don't")
    #expect(try JSONValue(parsing: "NaN", as: .json5).double?.isNaN == true)
  }

  @Test(arguments: [
    "{,}", "[,]", "[1,,2]", "{a:1,,}", "{1a: 2}", "/* open", "/", "1 /", "0x", "0xg", "0x1g", "0x11111111111111111",
    ".", "+", "'a\nb'", "'\\1'", "'\\01'", "'\\x4'", "Infinityx", "{a}", "{'a' 1}", "010", "1_000", "'\\",
    "{\\u0031: 1}",
  ]) func notJSON5(_ text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text, as: .json5) }
  }

  @Test func damageNeverTraps() throws {
    let text = #"{"a":[1,-2.5e-3,"x\u00e9\ud83d\ude00\\",true,null,{"b":{}}],'c':0x1F,/*d*/e:+Infinity,// f"# + "\n}"
    let bytes = [UInt8](text.utf8)
    _ = try JSONValue(parsing: bytes, as: .json5)
    for dialect in [JSONDialect.json, .json5] {
      for end in bytes.indices {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(bytes[..<end]), as: dialect) }
      }
      for place in bytes.indices {
        for bit in 0..<8 {
          var damaged = bytes
          damaged[place] ^= 1 << bit
          do { _ = try JSONValue(parsing: damaged, as: dialect) } catch { #expect(error is JSONError) }
        }
      }
    }
  }

  @Test func keysAreToldApartByTheirBytes() throws {
    let value = try JSONValue(parsing: "{\"\u{E9}\": 1, \"e\u{301}\": 2}")
    #expect(value.object?.count == 2)
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
  }

  @Test func largeObjectsFindTheirKeys() throws {
    var object = JSONObject()
    for i in 0..<5000 { object["key\(i)"] = JSONValue(i) }
    for i in 0..<5000 { #expect(object["key\(i)"] == JSONValue(i)) }
    #expect(object["key5000"] == nil)
    for i in stride(from: 0, to: 5000, by: 500) { object["key\(i)"] = nil }
    #expect(object.count == 4990)
    #expect(object["key500"] == nil)
    #expect(object["key501"] == 501)
  }
}
