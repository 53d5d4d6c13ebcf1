import Files
import Testing

/// `LibraryExample.swift` is what the README shows.
@Suite struct LibraryExampleTests {
  @Test func learnsToDenoise() throws {
    var losses: [Float] = []
    try trainDenoising(steps: 60) { losses.append($0.loss.total.scalar) }
    #expect(losses.count == 60)
    let end = losses[50...].reduce(0, +) / 10
    #expect(end < 0.5 * losses[0], "\(losses)")
  }

  @Test func theREADMEHasIt() throws {
    let example = try readText(join(parentFolder(#filePath), "LibraryExample.swift"))
    let readme = try readText(join(parentFolder(parentFolder(parentFolder(#filePath))), "README.md"))
    #expect(readme.contains("```swift\n\(example)```\n"))
  }
}
