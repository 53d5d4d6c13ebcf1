import Glibc

/// A number with so many digits behind the point: `fixed(3.14159, 2)` is `3.14`.
public func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-∞" : "∞" }
  let scale = pow(10, Double(digits))
  let scaled = (abs(value) * scale).rounded()
  guard scaled < 1e15 else { return value.description }
  var text = String(Int(scaled))
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard digits > 0 else { return sign + text }
  if text.utf8.count <= digits { text = String(repeating: "0", count: digits + 1 - text.utf8.count) + text }
  return "\(sign)\(text.dropLast(digits)).\(text.suffix(digits))"
}

/// A number in a few characters, with three digits that count: `0.0123`, `812`, `12.3k`, `1.5e-7`.
public func shortNumber(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : fixed(value, 0) }
  let magnitude = abs(value)
  let (scaled, unit): (Double, String) =
    magnitude >= 1e15 || magnitude < 1e-4
    ? (value, "e")
    : magnitude >= 999_500_000
      ? (value / 1e9, "G")
      : magnitude >= 999_500 ? (value / 1e6, "M") : magnitude >= 9_995 ? (value / 1e3, "k") : (value, "")
  if unit == "e" {
    let exponent = Int(log10(magnitude).rounded(.down))
    return "\(trimmed(fixed(value / pow(10, Double(exponent)), 2)))e\(exponent)"
  }
  let digits = max(0, 2 - Int(log10(max(abs(scaled), 1e-9)).rounded(.down)))
  return trimmed(fixed(scaled, min(digits, 7))) + unit
}

/// Without zeros at the end of a fraction.
private func trimmed(_ text: String) -> String {
  guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
  var text = Substring(text)
  while text.last == "0" { text = text.dropLast() }
  return String(text.last == "." ? text.dropLast() : text)
}

/// A time as people read it: `8 s`, `3:07`, `2:15:30`, `3 d 4 h`.
public func readable(_ duration: Duration) -> String {
  let seconds = Int(duration.components.seconds)
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  switch seconds {
  case ..<60: return "\(max(0, seconds)) s"
  case ..<3600: return "\(seconds / 60):\(two(seconds % 60))"
  case ..<172_800: return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  default: return "\(seconds / 86400) d \(seconds / 3600 % 24) h"
  }
}
