import Images
import Reports
import Testing

@Suite struct ContactSheetTests {
  @Test func textIsBrokenIntoLinesThatFit() {
    #expect(BitmapFont.lines("one two three", columns: 7, rows: 4) == ["one two", "three"])
    #expect(BitmapFont.lines("one two three four", columns: 7, rows: 2) == ["one two", "three.."])
    #expect(BitmapFont.lines("incomprehensible", columns: 8, rows: 2) == ["incomp.."])
    #expect(BitmapFont.lines("", columns: 8, rows: 2) == [])
    #expect(BitmapFont.lines("a b c", columns: 1, rows: 3) == ["a", "b", "c"])
  }

  @Test func lettersAreInked() {
    var image = Image(width: 40, height: 12, color: (255, 255, 255))
    image.draw("IÎ☃", x: 1, y: 1)
    // The middle stroke of an I, its accented brother alike, and a box for what the font lacks.
    #expect(image[3, 4] == (0, 0, 0) && image[9, 4] == (0, 0, 0) && image[2, 4] == (255, 255, 255))
    #expect(image[13, 1] == (0, 0, 0) && image[15, 4] == (255, 255, 255))
    image.draw("outside", x: 36, y: 9)
    image.draw("outside", x: -90, y: -90, scale: 3)
  }

  @Test func everyLetterDiffersFromTheOthers() {
    let drawn = (0x20..<0x7F).compactMap { Unicode.Scalar($0) }.map { scalar in
      var image = Image(width: 6, height: 11)
      image.draw(String(Character(scalar)), x: 0, y: 0, color: (255, 255, 255))
      return image
    }
    #expect(Set(drawn).count == 95)
  }

  @Test func aSheetHoldsItsPictures() {
    let red = Image(width: 4, height: 2, color: (255, 0, 0))
    let sheet = ContactSheet(
      title: "t", [.init(red, lines: [.init("red")]), .init(Image(width: 300, height: 100), lines: [])], columns: 5,
      side: 50
    ).drawn()
    // Twelve times as large and in the middle of its square.
    let reds = (0..<sheet.height).flatMap { y in (0..<sheet.width).filter { sheet[$0, y] == (255, 0, 0) } }
    #expect(reds.count == 48 * 24)
    #expect(ContactSheet(title: "nothing", []).drawn().width > 0)
  }
}
