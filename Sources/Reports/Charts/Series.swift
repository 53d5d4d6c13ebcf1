/// A point of a curve.
public struct Point: Sendable, Equatable {
  /// To the right.
  public let x: Double
  /// Upwards.
  public let y: Double

  /// A point.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// A curve.
public struct Series: Sendable, Equatable {
  /// What it is called.
  public let name: String
  /// Its points from left to right; those that are not finite are gaps.
  public let points: [Point]
  /// Which of the page's colours it has; runs keep theirs on all charts.
  public let color: Int

  /// A curve.
  public init(_ name: String, _ points: [Point], color: Int = 0) {
    self.name = name
    self.points = points
    self.color = color
  }

  /// The same curve with few enough points to draw. Of each stretch the least and the greatest stay: a spike is what one
  /// looks for.
  package func thinned(to count: Int) -> Series {
    let finite = points.filter(\.y.isFinite)
    guard finite.count > count, count >= 4 else { return Series(name, finite, color: color) }
    let stretch = (finite.count * 2 + count - 1) / count
    var kept = [Point]()
    for start in stride(from: 0, to: finite.count, by: stretch) {
      let part = finite[start..<min(start + stretch, finite.count)]
      guard let least = part.indices.min(by: { part[$0].y < part[$1].y }),
        let greatest = part.indices.max(by: { part[$0].y < part[$1].y })
      else { continue }
      kept.append(part[min(least, greatest)])
      if least != greatest { kept.append(part[max(least, greatest)]) }
    }
    return Series(name, kept, color: color)
  }

  /// The curve's trend: each point is the mean of those around it, over a window of a fiftieth of all.
  package func smoothed() -> Series {
    let finite = points.filter(\.y.isFinite)
    let radius = finite.count / 100
    guard radius > 0 else { return Series(name, finite, color: color) }
    var sums = [0.0]
    for point in finite { sums.append(sums[sums.count - 1] + point.y) }
    let trend = finite.indices.map { i in
      // Near the ends the window shrinks on both sides, so that the trend does not lag.
      let reach = min(radius, i, finite.count - 1 - i)
      return Point(finite[i].x, (sums[i + reach + 1] - sums[i - reach]) / Double(2 * reach + 1))
    }
    return Series(name, trend, color: color)
  }
}

/// A place on the horizontal axis that deserves a look, such as the step of an alarm.
public struct Mark: Sendable, Equatable {
  /// Where.
  public let x: Double
  /// What happened there.
  public let text: String

  /// A mark.
  public init(_ x: Double, _ text: String) {
    self.x = x
    self.text = text
  }
}

/// Curves that share their axes.
public struct Chart: Sendable {
  /// What it shows.
  public let title: String
  /// Its curves.
  public let series: [Series]
  /// Places that deserve a look.
  public let marks: [Mark]
  /// Whether the curves' names are shown; where they are the page's runs they are known already.
  public let hasLegend: Bool
  /// Whether a step upwards multiplies.
  public let isLogarithmic: Bool

  /// A chart. It is logarithmic if that is wanted and its values allow it: all are positive and they differ much.
  public init(_ title: String, _ series: [Series], marks: [Mark] = [], logarithmic: Bool = false, legend: Bool = false)
  {
    self.title = title
    hasLegend = legend
    self.series = series
    self.marks = marks
    let values = series.lazy.flatMap(\.points).map(\.y).filter(\.isFinite)
    let least = values.min() ?? 0
    isLogarithmic = logarithmic && least > 0 && (values.max() ?? 0) / least > 30
  }
}
