import JSON

/// How well one kind of item finds the other.
package struct RetrievalScore: Sendable, Equatable {
  /// The rank of the best right answer of each query, from 1.
  package let ranks: [Int]

  /// A score by ranks.
  package init(ranks: [Int]) { self.ranks = ranks }

  /// R@k: the share of queries with a right answer among the first k.
  package func recall(at k: Int) -> Double {
    ranks.isEmpty ? 0 : Double(ranks.count { $0 <= k }) / Double(ranks.count)
  }

  /// The median of the ranks; of an even number of them the mean of the middle two.
  package var medianRank: Double {
    guard !ranks.isEmpty else { return 0 }
    let sorted = ranks.sorted()
    return Double(sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// The mean of 1/rank.
  package var meanReciprocalRank: Double {
    ranks.isEmpty ? 0 : ranks.reduce(0) { $0 + 1 / Double($1) } / Double(ranks.count)
  }

  /// As the command line prints it.
  package var json: JSONValue {
    [
      "r@1": .number(recall(at: 1)), "r@5": .number(recall(at: 5)), "r@10": .number(recall(at: 10)),
      "median_rank": .number(medianRank), "mrr": .number(meanReciprocalRank),
    ]
  }
}

/// Retrieval both ways between pictures and their captions, of which each picture has one or several.
///
/// A picture's rank is that of the best of its captions among all captions; a caption's is that of its picture among all
/// pictures. Of equal scores the lower row comes first, so that a collapsed encoder scores like chance. Pictures without
/// captions ask nothing, but can be found.
package struct RetrievalEvaluation: Sendable {
  /// Pictures that look for their captions.
  package let imageToText: RetrievalScore
  /// Captions that look for their picture.
  package let textToImage: RetrievalScore
  /// How many pictures there are.
  package let images: Int
  /// How many captions there are.
  package let texts: Int

  /// Evaluates embeddings; `pictures` has the row of each caption's picture.
  package init(images: Embeddings, captions: Embeddings, pictures: [Int]) throws {
    guard pictures.count == captions.count, pictures.allSatisfy({ (0..<images.count).contains($0) }) else {
      fatalError("RetrievalEvaluation: \(images.count) pictures, \(captions.count) captions of \(pictures.count)")
    }
    var captionsOf = [[Int]](repeating: [], count: images.count)
    for (caption, picture) in pictures.enumerated() { captionsOf[picture].append(caption) }
    let asking = captionsOf.indices.filter { !captionsOf[$0].isEmpty }
    imageToText = RetrievalScore(
      ranks: try SearchableRows(captions).ranks(of: asking.map { captionsOf[$0] }, for: images.rows(asking)))
    textToImage = RetrievalScore(
      ranks: try SearchableRows(images).ranks(of: pictures.map { [$0] }, for: captions))
    self.images = images.count
    texts = captions.count
  }

  /// As the command line prints it.
  package var json: JSONValue {
    [
      "image_to_text": imageToText.json, "text_to_image": textToImage.json, "images": JSONValue(images),
      "texts": JSONValue(texts),
    ]
  }
}
