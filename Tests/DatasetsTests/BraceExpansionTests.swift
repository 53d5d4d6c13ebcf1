import Datasets
import Testing

@Suite struct BraceExpansionTests {
  @Test(arguments: [
    ("plain.tar", ["plain.tar"]),
    ("{a,b}{1,2}", ["a1", "a2", "b1", "b2"]),
    ("s-{008..010}.tar", ["s-008.tar", "s-009.tar", "s-010.tar"]),
    ("{8..10}", ["8", "9", "10"]),
    ("{2..-1}", ["2", "1", "0", "-1"]),
    ("{0..10..5}", ["0", "5", "10"]),
    ("{00..1}", ["00", "01"]),
    ("{a..e..2}", ["a", "c", "e"]),
    ("{x,{1..2}y,}", ["x", "1y", "2y", ""]),
    ("{single}", ["{single}"]),
    ("{1..}", ["{1..}"]),
    ("ü{,ß}", ["ü", "üß"]),
  ])
  func expands(_ pattern: String, _ names: [String]) throws {
    #expect(try expandBraces(pattern) == names)
  }

  @Test(arguments: [
    "{a", "a}", "{a,{b}", "{0..99999999}", "{0..999}{0..999}{0..9}",
    "{-9223372036854775808..9223372036854775807}", "{9223372036854775806..9223372036854775807..1}}",
  ])
  func refuses(_ pattern: String) {
    #expect(throws: DataError.self) { try expandBraces(pattern) }
  }

  @Test func extremeBounds() throws {
    #expect(
      try expandBraces("{9223372036854775806..9223372036854775807}") == ["9223372036854775806", "9223372036854775807"])
    #expect(try expandBraces("{-9223372036854775808..-9223372036854775808}") == ["-9223372036854775808"])
  }
}
