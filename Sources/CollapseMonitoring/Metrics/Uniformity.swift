import Glibc

/// How embeddings of length 1 lie to each other.
public struct Uniformity: Sendable, Equatable {
  /// log E exp(−2 ‖x − y‖²) over pairs (Wang and Isola, "Understanding contrastive representation learning through
  /// alignment and uniformity on the hypersphere", 2020, with t = 2): 0 for a point, about −4 for even directions.
  public let uniformity: Double
  /// The mean cosine of two different samples: 1 for a point, 0 for even directions.
  public let meanCosine: Double

  /// Pairs among so many samples are as good as all.
  static let limit = 128

  /// Of a sample.
  public init(_ sample: EmbeddingSample) {
    let z = sample.directions.prefix(Self.limit)
    let cosines = SymmetricMatrix(productsOf: z)
    var (sum, kernel) = (0.0, 0.0)
    for i in 0..<z.count {
      for j in 0..<i {
        sum += cosines[i, j]
        kernel += exp(-2 * (2 - 2 * cosines[i, j]))
      }
    }
    let pairs = Double(max(1, z.count * (z.count - 1) / 2))
    meanCosine = sum / pairs
    uniformity = z.count > 1 ? log(kernel / pairs) : 0
  }
}
