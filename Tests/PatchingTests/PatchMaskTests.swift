import Patching
import Tensors
import Testing

@Suite struct PatchMaskTests {
  @Test(arguments: MaskKind.allCases) func ratiosAreExact(kind: MaskKind) {
    var generator = Generator(seed: 4)
    for (rows, columns) in [(1, 1), (1, 7), (14, 14), (7, 5), (16, 16)] {
      for ratio in [0, 0.15, 0.4, 0.5, 0.6, 0.75, 0.9, 1] {
        let mask = kind.mask(rows: rows, columns: columns, ratio: ratio, &generator)
        let count = rows * columns
        #expect(mask.visible.count == PatchMask.visibleCount(of: count, hiding: ratio))
        #expect((mask.visible + mask.hidden).sorted() == Array(0..<count))
        #expect(mask.visible == mask.visible.sorted() && mask.hidden == mask.hidden.sorted())
      }
    }
    #expect(PatchMask.visibleCount(of: 196, hiding: 0.75) == 49)
    #expect(PatchMask.visibleCount(of: 100, hiding: 0.9) == 10)
    #expect(PatchMask.visibleCount(of: 64, hiding: 0.75) == 16)
  }

  @Test(arguments: MaskKind.allCases) func everyPatchHasItsChance(kind: MaskKind) {
    var generator = Generator(seed: 5)
    var hidden = [Int](repeating: 0, count: 64)
    for _ in 0..<2000 {
      for patch in kind.mask(rows: 8, columns: 8, ratio: 0.5, &generator).hidden { hidden[patch] += 1 }
    }
    let expected: ClosedRange<Int> = kind == .blocks ? 200...1800 : 880...1120
    #expect(hidden.allSatisfy(expected.contains), "\(hidden)")
  }

  @Test func aGridKeepsOneOfEachFour() {
    var generator = Generator(seed: 6)
    for _ in 0..<10 {
      let mask = MaskKind.grid.mask(rows: 14, columns: 14, ratio: 0.75, &generator)
      let cells = Set(mask.visible.map { $0 / 14 / 2 * 7 + $0 % 14 / 2 })
      #expect(cells.count == 49)
    }
  }

  /// Blocks hide neighbours: far more of them than single patches do.
  @Test func blocksAreConnected() {
    var generator = Generator(seed: 7)
    func neighbours(_ kind: MaskKind) -> Int {
      (0..<50).reduce(0) { sum, _ in
        let hidden = Set(kind.mask(rows: 14, columns: 14, ratio: 0.4, &generator).hidden)
        return sum + hidden.count { $0 % 14 != 13 && hidden.contains($0 + 1) }
      }
    }
    #expect(neighbours(.blocks) * 2 > neighbours(.random) * 3)
  }

  @Test func theSameGeneratorGivesTheSameMask() {
    for kind in MaskKind.allCases {
      var (a, b) = (Generator(seed: 8), Generator(seed: 8))
      #expect(
        kind.mask(rows: 9, columns: 9, ratio: 0.5, &a) == kind.mask(rows: 9, columns: 9, ratio: 0.5, &b))
      #expect(a == b)
    }
  }
}
