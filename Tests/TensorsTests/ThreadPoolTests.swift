import Synchronization
import Tensors
import Testing

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 5]) func everyChunkRunsOnce(threads: Int) {
    let pool = ThreadPool(threads: threads)
    for count in [0, 1, 2, 7, 1000] {
      let seen = (0..<count).map { _ in Counter() }
      pool.run(chunks: count) { seen[$0].value.add(1, ordering: .relaxed) }
      #expect(seen.allSatisfy { $0.value.load(ordering: .relaxed) == 1 })
    }
  }

  @Test func nestedLoopsFinish() {
    let total = Atomic<Int>(0)
    parallelFor(100, grain: 7) { outer in
      parallelFor(outer.count, grain: 1) { total.add($0.count, ordering: .relaxed) }
    }
    #expect(total.load(ordering: .relaxed) == 100)
  }
}

private final class Counter: Sendable {
  let value = Atomic<Int>(0)
}
