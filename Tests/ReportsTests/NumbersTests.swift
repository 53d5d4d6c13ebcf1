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

@Suite struct ProgressLineTests {
  @Test func whatItSays() {
    let text = ProgressLine.text(step: 120, of: 750, loss: 3.214, samplesPerSecond: 812.4, left: .seconds(102))
    #expect(text == "step 120/750  loss 3.2140  812 samples/s  1:42 left")
    let first = ProgressLine.text(step: 0, of: 750, loss: .nan, samplesPerSecond: 0, left: nil)
    #expect(first == "step 0/750  loss NaN  0 samples/s")
  }

  @Test func itNeverWraps() {
    for width in 0...60 {
      let line = ProgressLine.fitted("step 120/750  loss 3.2140", "rank 12/128 ↓", width: width)
      #expect((line.text + line.health).count <= width)
      #expect(width < 13 || line.health == "rank 12/128 ↓")
    }
    #expect(ProgressLine.fitted("step 1/2", "healthy", width: 80) == ("step 1/2  ", "healthy"))
  }
}
