import Datasets
import Glibc
import Images
import Testing

@Suite struct ShapesTests {
  private func words(_ caption: String) -> Set<String> { Set(caption.split(separator: " ").map(String.init)) }

  /// The (colour, form) pairs that a plainest caption names: the last two words of each group.
  private func kinds(_ caption: String) -> [String] {
    let forms = ["circle", "square", "triangle", "star", "cross", "heart"]
    let words = caption.split(separator: " ").map(String.init)
    return words.indices.dropFirst().compactMap { i in
      forms.first { words[i] == $0 || words[i] == $0 + "s" || words[i] == $0 + "es" }.map { words[i - 1] + " " + $0 }
    }
  }

  @Test func anItemDependsOnSeedSplitAndIndexAlone() throws {
    func pixels(_ set: Shapes, _ i: Int) throws -> [UInt8] { try set.sample(at: i).image().pixels }
    let small = Shapes(.train, count: 10)
    let large = Shapes(.train, count: 5_000_000)
    for i in 0..<10 {
      #expect(small.sample(at: i).captions == large.sample(at: i).captions)
      #expect(try pixels(small, i) == pixels(large, i))
    }
    #expect(try pixels(large, 4_999_999).count == 64 * 64 * 3)
    #expect(try pixels(small, 0) != pixels(Shapes(.train, count: 10, seed: 1), 0))
    #expect(try pixels(small, 0) != pixels(Shapes(.test, count: 10), 0))
  }

  @Test func theTestHoldsOutCombinationsAndNothingElse() {
    func all(_ split: Shapes.Split, _ count: Int) -> (kinds: Set<String>, words: Set<String>, captions: [String]) {
      let set = Shapes(split, count: count, side: 8)
      let captions = (0..<count).map { set.sample(at: $0).captions[0] }
      return (Set(captions.flatMap(kinds)), captions.reduce(into: []) { $0.formUnion(words($1)) }, captions)
    }
    let train = all(.train, 20_000), val = all(.val, 10_000), test = all(.test, 10_000)
    #expect(train.kinds.count == 40 && test.kinds.count == 8)
    #expect(train.kinds.isDisjoint(with: test.kinds))
    #expect(val.kinds == train.kinds)
    #expect(test.words.isSubset(of: train.words))
    for captions in [train.captions, val.captions, test.captions] { #expect(Set(captions).count == captions.count) }
    #expect(Set(train.captions).isDisjoint(with: val.captions))
  }

  @Test func neighboursInTrainingAreEachOthersHardNegatives() {
    let set = Shapes(.train, count: 200, side: 8)
    #expect(set.companions == 2)
    for i in stride(from: 0, to: 200, by: 2) {
      let (a, b) = (set.sample(at: i).captions, set.sample(at: i + 1).captions)
      let wrong = set.hardNegatives(at: i).first { $0.kind == .relation }
      // "A right of B" says what the neighbour's "B left of A" says.
      #expect(wrong?.caption == b[1])
      #expect(a[0] != b[0])
    }
  }

  @Test func hardNegativesAreFalseAndHaveTheSameWords() {
    let set = Shapes(.test, count: 300, side: 8)
    for i in 0..<300 {
      let captions = set.sample(at: i).captions
      #expect(Set(captions).count == 6)
      for negative in set.hardNegatives(at: i) {
        #expect(!captions.contains(negative.caption))
        let (a, b) = (words(captions[0]), words(negative.caption))
        #expect(a.symmetricDifference(b).count <= (negative.kind == .relation ? 2 : 6))
      }
    }
    let example = Shapes(.train, count: 1, side: 8)
    #expect(
      example.sample(at: 0).captions[0].contains(" left of ") || example.sample(at: 0).captions[0].contains(" above "))
  }

  @Test func aPictureIsTheSameAtAnyResolution() throws {
    for i in 0..<6 {
      let small = try Shapes(.val, count: 6, side: 32).sample(at: i).image()
      let large = try Shapes(.val, count: 6, side: 128).sample(at: i).image()
      var difference = 0.0
      for y in 0..<32 {
        for x in 0..<32 {
          // Exact areas: a pixel is the mean of the sixteen that it stands for, but for texture edges.
          let mean = (0..<16).reduce(0) { $0 + Int(large[4 * x + $1 % 4, 4 * y + $1 / 4].red) } / 16
          difference += abs(Double(mean) - Double(small[x, y].red))
        }
      }
      #expect(difference / 1024 < 2)
    }
  }

  @Test func oneByOneDoesNotTrap() throws {
    for side in [1, 2, 3, 7] { _ = try Shapes(.test, count: 50, side: side).sample(at: 49).image() }
  }
}

@Suite struct CoverageTests {
  private func area(_ polygon: [SIMD2<Double>]) -> Double { Coverage(of: polygon).values.reduce(0, +) }

  @Test func areasAreExact() {
    let square: [SIMD2<Double>] = [[1.25, 2.5], [4.5, 2.5], [4.5, 3.75], [1.25, 3.75]]
    let cover = Coverage(of: square)
    #expect(abs(area(square) - 3.25 * 1.25) < 1e-12)
    func at(_ x: Int, _ y: Int) -> Double { cover.values[(y - cover.y) * cover.width + x - cover.x] }
    #expect(abs(at(1, 2) - 0.375) < 1e-12 && abs(at(2, 2) - 0.5) < 1e-12 && abs(at(4, 3) - 0.375) < 1e-12)
    #expect(abs(area([[0, 0], [10, 0.1], [0, 0.2]]) - 1) < 1e-12)
    #expect(abs(area([[0.3, 0.1], [0.7, 9.9], [0.2, 9.9]]) - 0.5 * 0.5 * 9.8) < 1e-12)
    // Either direction of going round, and places left of and above the origin.
    #expect(abs(area(square.reversed()) - 3.25 * 1.25) < 1e-12)
    #expect(abs(area(square.map { $0 - SIMD2(20.3, 7.7) }) - 3.25 * 1.25) < 1e-12)
    let circle = (0..<400).map { i in SIMD2(cos(Double(i) * .pi / 200), sin(Double(i) * .pi / 200)) * 5.5 }
    #expect(abs(area(circle) - .pi * 5.5 * 5.5) < 0.01)
  }
}
