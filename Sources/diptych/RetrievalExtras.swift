import Datasets
import JSON
import Retrieval

/// What more some data sets can ask of a joint embedding than to find captions and pictures.
struct RetrievalExtras {
  let embedder: EmbeddingModel
  let batch: Int

  /// Members of the result for a set, given the embeddings of all its pictures.
  func callAsFunction(_ set: any DataSet, _ pictures: Embeddings) throws -> [(key: String, value: JSONValue)] {
    switch set {
    case let shapes as Shapes: [("hard_negatives", try hardNegatives(of: shapes, pictures))]
    case let emoji as Emoji: [("held_out_keywords", try keywords(of: emoji, pictures))]
    default: []
    }
  }

  /// By what was swapped, how often a scene is nearer to what is true of it.
  private func hardNegatives(of set: Shapes, _ pictures: Embeddings) throws -> JSONValue {
    let captions = try embed((0..<set.count).map { set.captions(at: $0)[0] })
    let negatives = (0..<set.count).map(set.hardNegatives)
    return try .object(
      JSONObject(
        HardNegative.Kind.allCases.map { kind in
          let texts = negatives.map { list in list.first { $0.kind == kind }?.caption ?? "" }
          let score = HardNegativeScore(pictures: pictures, captions: captions, negatives: try embed(texts))
          return (kind.rawValue, .number(score.accuracy))
        }))
  }

  /// How well keywords that training did not tell find their pictures.
  private func keywords(of set: Emoji, _ pictures: Embeddings) throws -> JSONValue {
    var carriers: [String: Set<Int>] = [:]
    for picture in 0..<set.count {
      for word in set.keywords(at: picture) { carriers[word, default: []].insert(picture) }
    }
    let asked = Set((0..<set.count).flatMap(set.heldOutKeywords)).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: asked.enumerated().map { ($1, $0) })
    let pairs = (0..<set.count).flatMap { picture in
      set.heldOutKeywords(at: picture).compactMap { word in
        numbers[word].map { KeywordRetrieval.Pair(keyword: $0, picture: picture) }
      }
    }
    let retrieval = try KeywordRetrieval(
      pictures: pictures, keywords: embed(asked), pairs: pairs, carriers: asked.map { carriers[$0] ?? [] })
    var result = retrieval.score.json.object ?? JSONObject()
    result["pairs"] = JSONValue(pairs.count)
    return .object(result)
  }

  private func embed(_ texts: [String]) throws -> Embeddings { try embedder.embed(texts: texts, batch: batch) }
}
