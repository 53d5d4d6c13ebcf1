/// How often a picture is nearer to its caption than to a false one in almost the same words. A coin has 0.5.
package struct HardNegativeScore: Sendable {
  /// The share of the pictures that tell them apart; a tie does not.
  package let accuracy: Double

  /// Evaluates embeddings: row i of each belongs to picture i.
  package init(pictures: Embeddings, captions: Embeddings, negatives: Embeddings) {
    guard pictures.count == captions.count, pictures.count == negatives.count else {
      fatalError("HardNegativeScore: \(pictures.count) pictures, \(captions.count) and \(negatives.count) captions")
    }
    let kernels = SearchKernels.best
    let right = (0..<pictures.count).count { row in
      let picture = pictures.values(of: row)
      return kernels.dot(picture, captions.values(of: row)) > kernels.dot(picture, negatives.values(of: row))
    }
    accuracy = Double(right) / Double(max(1, pictures.count))
  }
}
