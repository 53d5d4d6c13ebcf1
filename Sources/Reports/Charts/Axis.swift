import Glibc

/// One axis: which values it spans, and where its labels stand.
package struct Axis: Sendable {
  package let range: ClosedRange<Double>
  package let ticks: [Double]
  package let isLogarithmic: Bool

  /// An axis that holds some values, with about so many labels at round numbers.
  package init(_ values: some Sequence<Double>, labels: Int, isLogarithmic: Bool = false, isTight: Bool = false) {
    // Beyond that a span would overflow.
    let finite = values.filter { abs($0) < 1e300 }
    let least = finite.min() ?? 0
    let most = finite.max() ?? 1
    self.isLogarithmic = isLogarithmic && least > 0
    if self.isLogarithmic {
      let low = log10(least)
      let high = max(log10(most), low + 1e-6)
      let margin = (high - low) * 0.04
      range = (low - margin)...(high + margin)
      ticks = Self.decades(range, labels)
    } else {
      // A curve that does not move lies in the middle.
      let height = most - least > 1e-12 * max(abs(least), abs(most)) ? most - least : max(abs(most), 1) * 0.2
      let middle = (least + most) / 2
      let half = isTight ? height / 2 : height * 0.54
      range = (middle - half)...(middle + half)
      ticks = Self.round(range, labels)
    }
  }

  /// Where a value lies between 0, the axis's beginning, and 1.
  package func place(_ value: Double) -> Double {
    let position = isLogarithmic ? log10(max(value, 1e-300)) : value
    return (position - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  private static func round(_ range: ClosedRange<Double>, _ labels: Int) -> [Double] {
    let rough = (range.upperBound - range.lowerBound) / Double(max(1, labels))
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.9 } ?? power * 10
    let first = (range.lowerBound / step).rounded(.up)
    let last = (range.upperBound / step).rounded(.down)
    guard step > 0, step.isFinite, last >= first, last - first < 100 else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }

  /// Powers of ten; with few of them also 2 and 5 times each.
  private static func decades(_ range: ClosedRange<Double>, _ labels: Int) -> [Double] {
    let span = range.upperBound - range.lowerBound
    let factors: [Double] = span < 1.2 ? [1, 1.5, 2, 3, 5, 7] : span < 2.5 ? [1, 2, 5] : [1]
    let skip = max(1, Int(span) / max(1, labels))
    let powers = Int(range.lowerBound.rounded(.down))...Int(range.upperBound.rounded(.up))
    return powers.filter { $0 % skip == 0 }.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
      .filter { range.contains(log10($0)) }
  }
}
