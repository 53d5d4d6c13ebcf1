import CKernels
import Retrieval
import Tensors

/// Numbers between -1 and 1 from a seed.
func randomNumbers(_ count: Int, seed: UInt64) -> [Float] {
  var generator = Generator(seed: seed)
  return (0..<count).map { _ in 2 * generator.uniform() - 1 }
}

/// Rows of random numbers.
func randomRows(_ count: Int, _ width: Int, seed: UInt64) -> Embeddings {
  Embeddings(randomNumbers(count * width, seed: seed), width: width)
}

/// The nearest rows by a plain loop: scores in double precision, sorted, ties by lower row.
func nearestByLoop(_ k: Int, in rows: Embeddings, to queries: Embeddings) -> [[Int]] {
  (0..<queries.count).map { query in
    let scores = (0..<rows.count).map { row -> Double in
      let score = zip(rows[row], queries[query]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      return score.isNaN ? -.infinity : score
    }
    return Array(
      (0..<rows.count).sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(k))
  }
}

/// Every level that this CPU has.
let levels: [ck_level] = [CK_PORTABLE, CK_AVX2, CK_AVX512, CK_AVX512BF16].filter {
  $0.rawValue <= ck_best_level().rawValue
}
