import Reports
import Testing

@Suite struct NumbersTests {
  @Test(arguments: [
    (0, "0"), (1, "1"), (812, "812"), (0.0123, "0.0123"), (12_345, "12.3k"), (1.5e-7, "1.5e-7"), (-2.5, "-2.5"),
    (1_000_000, "1M"), (9_994, "9994"), (9_999, "10k"), (0.1, "0.1"), (99.96, "100"), (3.14159, "3.14"), (2e20, "2e20"),
    (.infinity, "∞"), (.nan, "NaN"), (0.0001, "0.0001"), (4e9, "4G"),
  ]) func short(_ value: Double, _ text: String) {
    #expect(shortNumber(value) == text)
  }

  @Test func fixedDigits() {
    #expect(fixed(3.14159, 2) == "3.14")
    #expect(fixed(-0.001, 2) == "0.00")
    #expect(fixed(0.05, 3) == "0.050")
    #expect(fixed(1e30, 2) == "1e+30")
    #expect(fixed(2.5, 0) == "3")
  }

  @Test func times() {
    #expect(readable(.seconds(8)) == "8 s")
    #expect(readable(.seconds(187)) == "3:07")
    #expect(readable(.seconds(8130)) == "2:15:30")
    #expect(readable(.seconds(273_600)) == "3 d 4 h")
    #expect(readable(.seconds(-1)) == "0 s")
  }
}
