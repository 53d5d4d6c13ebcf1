/// Expands braces as WebDataset's URLs use them: `{a,b}`, `{000..127}`, `{0..10..5}`, `{a..f}`, nested, several.
///
/// A pattern that would give more than a million names, or whose braces do not match, is an error.
package func expandBraces(_ pattern: String) throws -> [String] {
  var expansion = BraceExpansion(pattern: pattern, bytes: Array(pattern.utf8))
  let names = try expansion.alternatives(until: [])
  guard expansion.position == expansion.bytes.count else { throw expansion.unbalanced }
  return names.map { String(decoding: $0, as: UTF8.self) }
}

private struct BraceExpansion {
  let pattern: String
  let bytes: [UInt8]
  var position = 0

  var unbalanced: DataError { DataError(pattern, "its braces do not match") }
  private var tooMany: DataError { DataError(pattern, "the braces stand for more than a million names") }
  private let limit = 1_000_000

  /// All strings that the pattern from here on can be, up to one of the delimiters at this depth.
  mutating func alternatives(until delimiters: [UInt8]) throws -> [[UInt8]] {
    var names: [[UInt8]] = [[]]
    while position < bytes.count, !delimiters.contains(bytes[position]) {
      switch bytes[position] {
      case UInt8(ascii: "{"):
        let choices = try braces()
        guard names.count * choices.count <= limit else { throw tooMany }
        names = names.flatMap { name in choices.map { name + $0 } }
      case UInt8(ascii: "}"): throw unbalanced
      case let byte:
        for i in names.indices { names[i].append(byte) }
        position += 1
      }
    }
    return names
  }

  /// What the braces that open here can be.
  private mutating func braces() throws -> [[UInt8]] {
    position += 1
    let start = position
    var choices = [[UInt8]]()
    var commas = 0
    while true {
      choices += try alternatives(until: [UInt8(ascii: ","), UInt8(ascii: "}")])
      guard choices.count <= limit else { throw tooMany }
      guard position < bytes.count else { throw unbalanced }
      position += 1
      if bytes[position - 1] == UInt8(ascii: "}") { break }
      commas += 1
    }
    if commas > 0 { return choices }
    let inside = Array(bytes[start..<position - 1])
    // As in a shell, braces around a single thing are ordinary characters.
    return try range(inside) ?? choices.map { [UInt8(ascii: "{")] + $0 + [UInt8(ascii: "}")] }
  }

  /// `FROM..TO` or `FROM..TO..STEP` of numbers (padded with zeros where one bound is) or of single letters.
  private func range(_ inside: [UInt8]) throws -> [[UInt8]]? {
    let parts = String(decoding: inside, as: UTF8.self).split(separator: "..", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3 else { return nil }
    let step = parts.count == 3 ? Int(parts[2]) : 1
    guard let step, step != 0, step != .min else { return nil }
    if let from = Int(parts[0]), let to = Int(parts[1]) {
      let isPadded = parts[0...1].contains { part in
        let digits = part.utf8.first == UInt8(ascii: "-") ? part.dropFirst() : part
        return digits.utf8.count > 1 && digits.utf8.first == UInt8(ascii: "0")
      }
      let width = isPadded ? max(parts[0].utf8.count, parts[1].utf8.count) : 0
      return try steps(from, to, abs(step)).map { Array(padded($0, to: width).utf8) }
    }
    guard parts[0].utf8.count == 1, parts[1].utf8.count == 1, let from = parts[0].utf8.first,
      let to = parts[1].utf8.first
    else { return nil }
    return try steps(Int(from), Int(to), abs(step)).map { [UInt8($0)] }
  }

  private func steps(_ from: Int, _ to: Int, _ step: Int) throws -> [Int] {
    let (distance, overflow) = to.subtractingReportingOverflow(from)
    guard !overflow, distance != .min, abs(distance) / step < limit else { throw tooMany }
    return (0...abs(distance) / step).map { from <= to ? from + $0 * step : from - $0 * step }
  }

  private func padded(_ value: Int, to width: Int) -> String {
    let digits = String(value.magnitude)
    let sign = value < 0 ? "-" : ""
    return sign + String(repeating: "0", count: max(0, width - sign.utf8.count - digits.utf8.count)) + digits
  }
}
