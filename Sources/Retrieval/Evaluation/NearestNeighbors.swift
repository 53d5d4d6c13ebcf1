import Glibc

/// Classification by the labels of the nearest training samples (Wu et al., "Unsupervised feature learning via
/// non-parametric instance discrimination", 2018, section 3.4): each of the k nearest votes for its class with
/// exp(cosine / T).
package struct NearestNeighbors: Sendable {
  private let training: SearchableRows
  private let labels: [Int]
  private let temperature: Double

  /// A classifier over training samples with embeddings of length one.
  package init(_ training: Embeddings, labels: [Int], temperature: Double = 0.07) {
    guard training.count == labels.count else {
      fatalError("NearestNeighbors: \(training.count) samples, \(labels.count) labels")
    }
    self.training = SearchableRows(training)
    self.labels = labels
    self.temperature = temperature
  }

  /// The classes of each sample, best first, for every `k`; the search is done once. Of equal sums the lower class wins.
  package func guesses(_ samples: Embeddings, neighbors: [Int]) throws -> [[[Int]]] {
    let hits = try training.nearest(neighbors.max() ?? 0, to: samples)
    return neighbors.map { k in hits.map { vote($0.prefix(k)) } }
  }

  private func vote(_ hits: ArraySlice<Hit>) -> [Int] {
    guard let best = hits.first?.score else { return [] }
    var sums: [Int: Double] = [:]
    // Relative to the best score, so that no power overflows at low temperatures.
    for hit in hits { sums[labels[hit.row], default: 0] += exp((hit.score - best) / temperature) }
    return sums.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)
  }
}
