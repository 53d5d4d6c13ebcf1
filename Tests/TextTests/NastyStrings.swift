import JSON

/// The strings that `make_fixtures.py` gave to the reference implementations: the same generator over the same material.
struct NastyStrings {
  private var random: SplitMix
  private let snippets: [[Unicode.Scalar]]
  private let separators: [[Unicode.Scalar]]
  private let long: [String]
  private let categories: [(size: Int, ranges: [ClosedRange<UInt32>])]
  private var index = 0

  init(seed: UInt64, unassigned: Bool) throws {
    let fields = try JSONFields(JSONValue(file: fixture("nasty.json")), source: "nasty.json")
    let halves: [String] = try fields.take("halfSurrogates")
    snippets = try (fields.take("snippets", as: [String].self) + halves).map { Array($0.unicodeScalars) }
    separators = try fields.take("separators", as: [String].self).map { Array($0.unicodeScalars) }
    long = try fields.take("long")
    categories =
      try fields.fields("categories").node.value.object?.members.compactMap { member in
        guard unassigned || member.key != "Cn", let bounds = member.value.array?.compactMap(\.int) else { return nil }
        let ranges = stride(from: 0, to: bounds.count, by: 2).map { UInt32(bounds[$0])...UInt32(bounds[$0 + 1]) }
        return (ranges.reduce(0) { $0 + $1.count }, ranges)
      } ?? []
    random = SplitMix(state: seed)
  }

  mutating func next() -> String {
    defer { index += 1 }
    if index % 997 == 0 {
      let unit = long[random.below(long.count)]
      return String(repeating: unit, count: 100_000 / [1, 2, 5, 50][random.below(4)])
    }
    var text = String.UnicodeScalarView()
    for _ in 0..<random.below(13) {
      text.append(contentsOf: piece())
      text.append(contentsOf: separators[random.below(separators.count)])
    }
    return String(text)
  }

  private mutating func piece() -> [Unicode.Scalar] {
    switch random.below(20) {
    case 0..<10: return snippets[random.below(snippets.count)]
    case 10..<15: return (0..<1 + random.below(6)).map { _ in character() }
    case 15..<17: return (0..<1 + random.below(6)).map { _ in Unicode.Scalar(UInt8(random.below(256))) }
    case 17..<19: return snippets[random.below(snippets.count)] + [character()]
    default:
      let letter = Array("aeiounAEIOUNcs".unicodeScalars)[random.below(14)]
      let marks = (0..<1 + random.below(3)).compactMap { _ in Unicode.Scalar(0x300 + UInt32(random.below(0x70))) }
      return [letter] + marks
    }
  }

  private mutating func character() -> Unicode.Scalar {
    let (size, ranges) = categories[random.below(categories.count)]
    var n = random.below(size)
    for range in ranges {
      if n < range.count { return Unicode.Scalar(range.lowerBound + UInt32(n)) ?? "?" }
      n -= range.count
    }
    return "?"
  }
}

/// Steele, Lea and Flood's SplitMix64.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func below(_ count: Int) -> Int { Int(next() >> 33) % count }
}
