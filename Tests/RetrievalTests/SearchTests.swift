import CKernels
import Glibc
import Retrieval
import Tensors
import Testing

@Suite struct SearchTests {
  @Test(arguments: [(1, 1), (1, 5), (63, 3), (64, 4), (65, 17), (1000, 32), (1500, 101), (700, 512)])
  func nearestAreThoseOfALoop(count: Int, width: Int) throws {
    let rows = randomRows(count, width, seed: 1)
    let queries = randomRows(7, width, seed: 2)
    for k in [0, 1, 10, 200, 5000] {
      // Random sums in another order differ in the last bits of a double: no two rows are that close here.
      let expected = nearestByLoop(k, in: rows, to: queries)
      #expect(rows.nearest(k, to: queries).map { $0.map(\.row) } == expected)
      for level in levels {
        let searched = try SearchableRows(rows, kernels: SearchKernels(level: level)).nearest(k, to: queries)
        #expect(searched == rows.nearest(k, to: queries))
      }
    }
  }

  @Test func tiesGoToTheLowerRow() throws {
    // Whole numbers: sums are exact and most rows tie. Every row stands there four times.
    var generator = Generator(seed: 3)
    let distinct = (0..<300 * 8).map { _ in Float(Int(generator.uniform() * 5) - 2) }
    let rows = Embeddings(distinct + distinct + distinct + distinct, width: 8)
    let queries = Embeddings(Array(distinct[..<(8 * 40)]), width: 8)
    let expected = nearestByLoop(25, in: rows, to: queries)
    #expect(rows.nearest(25, to: queries).map { $0.map(\.row) } == expected)
    #expect(try SearchableRows(rows).nearest(25, to: queries).map { $0.map(\.row) } == expected)
  }

  @Test func equalRowsAreAllCandidates() throws {
    let rows = Embeddings([Float](repeating: 0.25, count: 20_000 * 16), width: 16)
    let hits = try SearchableRows(rows).nearest(3, to: Embeddings([Float](repeating: 0.25, count: 16), width: 16))
    #expect(hits[0].map(\.row) == [0, 1, 2])
    #expect(hits[0].allSatisfy { $0.score == 1 })
  }

  @Test func numbersOfAnySizeAreRight() throws {
    // Rows of very different lengths, zeros, denormals, infinities, NaN.
    var numbers = randomNumbers(600 * 12, seed: 4)
    for row in 0..<600 {
      let factor = Float(sign: .plus, exponent: row % 250 - 149, significand: 1)
      for i in 0..<12 { numbers[row * 12 + i] *= factor }
    }
    numbers[5 * 12] = .infinity
    numbers[7 * 12 + 3] = .nan
    for i in 0..<12 { numbers[9 * 12 + i] = 0 }
    let rows = Embeddings(numbers, width: 12)
    for scale in [Float](arrayLiteral: 1, 0x1p-140, 1e-20, 1e20, 3e37, 0, .infinity, .nan) {
      let queries = Embeddings(randomNumbers(5 * 12, seed: 5).map { $0 * scale }, width: 12)
      let searched = try SearchableRows(rows).nearest(20, to: queries)
      #expect(searched == rows.nearest(20, to: queries))
      #expect(searched.map { $0.map(\.row) } == nearestByLoop(20, in: rows, to: queries))
    }
  }

  @Test func nothingIsFoundInNothing() throws {
    let none = Embeddings([], width: 4)
    let query = Embeddings([1, 2, 3, 4], width: 4)
    #expect(try SearchableRows(none).nearest(5, to: query) == [[]])
    #expect(none.nearest(5, to: query) == [[]])
    #expect(try SearchableRows(query).nearest(5, to: none).isEmpty)
    // Rows without numbers all score zero.
    let empty = Embeddings(count: 3, width: 0) { _ in }
    let one = Embeddings(count: 1, width: 0) { _ in }
    #expect(try SearchableRows(empty).nearest(2, to: one)[0].map(\.row) == [0, 1])
  }

  @Test func manyThreadsGetTheAnswersOfOne() throws {
    let rows = randomRows(3000, 24, seed: 6)
    let searchable = SearchableRows(rows)
    let queries = randomRows(10_000, 24, seed: 7)
    let expected = rows.nearest(5, to: queries)
    let differences = try concurrently(threads: 64) { thread in
      var wrong = 0
      for query in stride(from: thread, to: queries.count, by: 64) {
        let found = try searchable.nearest(5, to: queries.rows([query]))
        if found[0] != expected[query] { wrong += 1 }
      }
      return wrong
    }
    #expect(differences == Array(repeating: 0, count: 64))
  }

  @Test func thePoolsSizeMakesNoDifference() throws {
    let searchable = SearchableRows(randomRows(5000, 40, seed: 8))
    let queries = randomRows(70, 40, seed: 9)
    let alone = try ThreadPool.$current.withValue(ThreadPool(threads: 1)) { try searchable.nearest(9, to: queries) }
    let three = try ThreadPool.$current.withValue(ThreadPool(threads: 3)) { try searchable.nearest(9, to: queries) }
    #expect(alone == three)
  }
}
