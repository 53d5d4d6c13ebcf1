import Files
import Patching
import Testing

@Suite struct PositionsTests {
  @Test func equalTheReferences() throws {
    let path = join(join(parentFolder(#filePath), "Fixtures"), "positions.bin")
    let expected = try readFile(path).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let made = sinCosPositions(rows: 3, columns: 5, width: 16)
    #expect(made.count == expected.count)
    #expect(zip(made, expected).allSatisfy { abs($0 - $1) < 2e-6 })
  }
}
