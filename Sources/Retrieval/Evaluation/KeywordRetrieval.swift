/// How well held-out keywords find the pictures that they belong to: a keyword that training never told of a picture asks
/// for it among all others, where pictures that carry the same keyword are neither right nor wrong and are left out.
package struct KeywordRetrieval: Sendable {
  /// A keyword that was held out, and its picture.
  package struct Pair: Sendable {
    /// The row of the keyword.
    package let keyword: Int
    /// The row of the picture.
    package let picture: Int

    /// A keyword and its picture.
    package init(keyword: Int, picture: Int) {
      self.keyword = keyword
      self.picture = picture
    }
  }

  /// The ranks of the pairs' pictures.
  package let score: RetrievalScore

  /// Evaluates embeddings.
  ///
  /// - Parameters:
  ///   - keywords: a row a keyword.
  ///   - pairs: what is asked.
  ///   - carriers: for each keyword, all pictures that carry it, held out or not.
  package init(pictures: Embeddings, keywords: Embeddings, pairs: [Pair], carriers: [Set<Int>]) {
    guard carriers.count == keywords.count else {
      fatalError("KeywordRetrieval: \(keywords.count) keywords, carriers of \(carriers.count)")
    }
    var asked = [[Int]](repeating: [], count: keywords.count)
    for pair in pairs { asked[pair.keyword].append(pair.picture) }
    var ranks: [Int] = []
    for first in stride(from: 0, to: keywords.count, by: 64) {
      let group = first..<min(keywords.count, first + 64)
      let lists = pictures.nearest(pictures.count, to: keywords.rows(group))
      for (keyword, hits) in zip(group, lists) {
        for picture in asked[keyword] {
          ranks.append(1 + hits.prefix { $0.row != picture }.count { !carriers[keyword].contains($0.row) })
        }
      }
    }
    score = RetrievalScore(ranks: ranks)
  }
}
