/// How the embeddings of pairs lie to each other: a picture and its caption, two views of a picture.
public struct PairAgreement: Sendable, Equatable {
  /// E ‖x − y‖² over pairs at length 1 (Wang and Isola, 2020, with α = 2): 0 if pairs agree.
  public let alignment: Double
  /// The mean cosine of a pair less that of the hardest negative, in both directions: below 0 the hardest negative wins.
  public let margin: Double
  /// The distance between the means of both sides at length 1 (Liang et al., "Mind the gap: understanding the modality
  /// gap in multi-modal contrastive representation learning", 2022).
  public let gap: Double

  /// Of two samples whose rows are pairs.
  public init(_ first: EmbeddingSample, _ second: EmbeddingSample) {
    let (x, y) = (first.directions, second.directions)
    let count = min(x.count, y.count)
    let cosines = crossProducts(x.prefix(count), y.prefix(count))
    var (positive, hardest) = (0.0, 0.0)
    for i in 0..<count {
      positive += cosines[i * count + i]
      var (inRow, inColumn) = (-1.0, -1.0)
      for j in 0..<count where j != i {
        inRow = max(inRow, cosines[i * count + j])
        inColumn = max(inColumn, cosines[j * count + i])
      }
      hardest += (inRow + inColumn) / 2
    }
    alignment = 2 - 2 * positive / Double(max(1, count))
    margin = count > 1 ? (positive - hardest) / Double(count) : 0
    gap = zip(x.mean, y.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }
}
