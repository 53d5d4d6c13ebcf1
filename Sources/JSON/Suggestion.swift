/// The word among `known` that was most likely meant by a misspelt one, if any is near enough: at most a third of its
/// letters differ, or one is the beginning of the other.
public func suggestion(for word: String, among known: some Sequence<String>) -> String? {
  let typed = folded(word)
  guard !typed.isEmpty, typed.count <= 100 else { return nil }
  var best: (word: String, distance: Int)?
  for candidate in known {
    let other = folded(candidate)
    var distance = editDistance(typed, other)
    if typed.count >= 3, other.starts(with: typed) { distance = min(distance, 1) }
    guard distance <= max(1, max(typed.count, other.count) / 3), distance < best?.distance ?? .max else { continue }
    best = (candidate, distance)
  }
  return best?.word
}

/// Case and the choice of hyphen or underscore are no difference that a person means.
private func folded(_ word: String) -> [UInt8] {
  word.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
}

/// How many letters must be inserted, deleted, replaced or swapped with their neighbour to make one word of the other
/// (optimal string alignment).
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for j in 0..<b.count {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
