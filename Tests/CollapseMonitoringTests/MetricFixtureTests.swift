import CollapseMonitoring
import JSON
import Tensors
import TestSupport
import Testing

/// Every metric against NumPy.
@Suite struct MetricFixtureTests {
  let fixture: JSONValue
  init() throws {
    let tests = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex))
    fixture = try JSONValue(file: tests + "/Fixtures/metrics.json")
  }

  private func numbers(_ value: JSONValue?) -> [Double] { (value?.array ?? []).compactMap(\.double) }

  private func sample(_ line: JSONValue, _ key: String) throws -> EmbeddingSample {
    let count = try #require(line["count"]?.int)
    let width = try #require(line["width"]?.int)
    return EmbeddingSample(key, Tensor(numbers(line[key]).map { Float($0) }, [count, width]), limit: 1000)
  }

  @Test func embeddingsOfOneTower() throws {
    for line in try #require(fixture["cases"]?.array) {
      let sample = try sample(line, "x")
      let expected = try #require(line["single"])
      let spectrum = Spectrum(sample)
      let spread = Spread(sample)
      let uniformity = Uniformity(sample)
      for (name, actual) in [
        ("spread", spread.mean), ("dead", spread.deadShare), ("rank_me", spectrum.rankMe),
        ("participation", spectrum.participationRatio), ("alpha", try #require(spectrum.alphaReQ)),
        ("uniformity", uniformity.uniformity), ("mean_cosine", uniformity.meanCosine),
      ] {
        expectClose(
          [actual], [try #require(expected[name]?.double)], 1e-5, "\(name) of \(sample.count)×\(sample.width)")
      }
      expectClose(Array(spectrum.covariance.prefix(5)), numbers(expected["eigenvalues"]), 1e-6, "eigenvalues")
    }
  }

  @Test func pairs() throws {
    for line in try #require(fixture["cases"]?.array) {
      let (x, y) = (try sample(line, "x"), try sample(line, "y"))
      let expected = try #require(line["pair"])
      let agreement = PairAgreement(x, y)
      for (name, actual) in [
        ("alignment", agreement.alignment), ("margin", agreement.margin), ("gap", agreement.gap),
        ("lidar", try #require(lidar(x, y))),
      ] {
        expectClose([actual], [try #require(expected[name]?.double)], 1e-4, "\(name) of \(x.count)×\(x.width)")
      }
    }
  }

  @Test func attention() throws {
    let attention = try #require(fixture["attention"])
    let shape = Shape(numbers(attention["shape"]).map { Int($0) })
    let qkv = Tensor(numbers(attention["qkv"]).map { Float($0) }, shape)
    expectClose([attentionEntropy(qkv)], [try #require(attention["full"]?.double)], 1e-6, "full")
    expectClose([attentionEntropy(qkv, .causal)], [try #require(attention["causal"]?.double)], 1e-6, "causal")
  }
}
