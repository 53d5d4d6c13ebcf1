import Files
import Glibc
import Patching
import Testing

@Suite struct PositionsTests {
  @Test func equalTheReferences() throws {
    let path = join(join(parentFolder(#filePath), "Fixtures"), "positions.bin")
    var numbers = try readFile(path).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }[...]
    func expect(_ made: [Float], _ name: String) {
      let expected = numbers.prefix(made.count)
      numbers = numbers.dropFirst(made.count)
      let worst = zip(made, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(made.count == expected.count && worst < 2e-6, "\(name): \(worst)")
    }
    expect(sinCosPositions(rows: 3, columns: 5, width: 16), "sin-cos")
    for (rows, columns, newRows, newColumns) in [(4, 4, 7, 7), (7, 7, 4, 4), (5, 3, 6, 8), (14, 14, 9, 20)] {
      let positions = (0..<rows * columns * 3).map { Float(sin(0.7 * Double($0))) }
      for kind in [PositionInterpolation.antialiased, .plain] {
        let made = interpolatePositions(
          positions, rows: rows, columns: columns, toRows: newRows, columns: newColumns, kind)
        expect(made, "\(kind) \(rows) × \(columns) to \(newRows) × \(newColumns)")
      }
    }
    #expect(numbers.isEmpty)
  }

  @Test func theSameGridStaysAsItIs() {
    let positions: [Float] = [1, 2, 3, 4, 5, 6]
    #expect(interpolatePositions(positions, rows: 1, columns: 2, toRows: 1, columns: 2, .plain) == positions)
  }
}
