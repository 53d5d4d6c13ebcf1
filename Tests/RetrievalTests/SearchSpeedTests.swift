import Glibc
import Retrieval
import Tensors
import Testing

/// Queries a second over 1,000,000 × 512, as `search` measures them. Takes 6 GB and a minute: only where asked for.
@Suite(.enabled(if: getenv("DIPTYCH_SEARCH_SPEED") != nil)) struct SearchSpeedTests {
  @Test func aMillionRows() throws {
    let (count, width) = (1_000_000, 512)
    // Sums of uniform numbers, which are close enough to a normal distribution.
    let rows = Embeddings(count: count, width: width) { out in
      nonisolated(unsafe) let out = out
      parallelFor(count, grain: 1000) { rows in
        var generator = Generator(seed: 1, stream: UInt64(rows.lowerBound))
        for i in rows.lowerBound * width..<rows.upperBound * width {
          var sum: Float = -2
          for _ in 0..<4 { sum += generator.uniform() }
          out[i] = sum
        }
      }
    }.normalized()
    let began = seconds()
    let searchable = SearchableRows(rows)
    print("compact form: \(seconds() - began) s")
    let queries = Embeddings(rows.rows(0..<1000).withNumbers { $0.map { $0 + 0.01 } }, width: width)
    for batch in [1, 32, 1000] {
      let group = queries.rows(0..<batch)
      var best = Double.infinity
      for _ in 0..<10 {
        let began = seconds()
        _ = try searchable.nearest(10, to: group)
        best = min(best, seconds() - began)
      }
      print("batch \(batch): \(Double(batch) / best) queries/s")
    }
    let expected = rows.nearest(10, to: queries)
    #expect(try searchable.nearest(10, to: queries) == expected)
    print("1,000 queries: the same as a full scan in double precision")
  }

  private func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
