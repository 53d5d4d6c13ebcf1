/// Which of several sets every sample is drawn from: as evenly as their weights allow, the same each time.
///
/// The k-th sample of a set with share w is due at (k + ½) / w, and samples come in the order in which they are due. So
/// after n draws every set has had its share of n, give or take one, and a place can be computed on its own.
package struct Interleaving: Sendable {
  private let shares: [Double]

  /// - Parameter weights: positive numbers, one a set.
  package init(weights: [Double]) {
    let total = weights.reduce(0, +)
    shares = weights.map { $0 / total }
  }

  /// The set that draw `slot` takes from, and how many were taken from it before.
  package subscript(slot: Int) -> (set: Int, taken: Int) {
    if shares.count == 1 { return (0, slot) }
    func due(_ set: Int, _ k: Int) -> Double { (Double(k) + 0.5) / shares[set] }
    // All that was due before this moment has been drawn, and that is at most `slot` samples.
    let moment = Double(max(0, slot - shares.count))
    var taken = shares.indices.map { set in
      var k = max(0, Int(moment * shares[set] - 0.5))
      while due(set, k) < moment { k += 1 }
      while k > 0, due(set, k - 1) >= moment { k -= 1 }
      return k
    }
    for _ in taken.reduce(0, +)..<slot { taken[next(taken, due)] += 1 }
    let set = next(taken, due)
    return (set, taken[set])
  }

  private func next(_ taken: [Int], _ due: (Int, Int) -> Double) -> Int {
    var first = 0
    for set in shares.indices.dropFirst() where due(set, taken[set]) < due(first, taken[first]) { first = set }
    return first
  }
}
