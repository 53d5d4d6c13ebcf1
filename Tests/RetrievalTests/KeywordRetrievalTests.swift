import Retrieval
import Testing

@Suite struct KeywordRetrievalTests {
  /// Pictures along an arc; keyword 0 looks at picture 0, keyword 1 at picture 3.
  private let pictures = Embeddings([1, 0, 0.9, 0.1, 0.8, 0.2, 0, 1], width: 2)
  private let keywords = Embeddings([1, 0, 0, 1], width: 2)

  @Test func otherCarriersAreLeftOut() {
    let pairs = [(0, 0), (0, 2), (1, 3), (1, 0)].map { KeywordRetrieval.Pair(keyword: $0.0, picture: $0.1) }
    let all = KeywordRetrieval(pictures: pictures, keywords: keywords, pairs: pairs, carriers: [[], []])
    #expect(all.score.ranks == [1, 3, 1, 4])
    // Picture 1 carries keyword 0 too and picture 2 carries keyword 1: neither right nor wrong.
    let filtered = KeywordRetrieval(
      pictures: pictures, keywords: keywords, pairs: pairs, carriers: [[0, 1, 2], [0, 2, 3]])
    #expect(filtered.score.ranks == [1, 1, 1, 2])
  }

  @Test func hardNegativesAreCounted() {
    let captions = Embeddings([1, 0, 0, 1, 1, 0, 0, 1], width: 2)
    let negatives = Embeddings([0, 1, 1, 0, 0, 1, 0, 1], width: 2)
    // Right, wrong, right, and a tie, which is not told apart.
    #expect(HardNegativeScore(pictures: pictures, captions: captions, negatives: negatives).accuracy == 0.5)
  }
}
