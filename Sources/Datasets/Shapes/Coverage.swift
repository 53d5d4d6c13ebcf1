import Glibc

/// How much of each pixel a polygon covers: exact areas, so that edges are as smooth as eight bits can show.
package struct Coverage {
  /// The pixel in the upper left corner of the rectangle around the polygon.
  package let x: Int, y: Int
  package let width: Int, height: Int
  /// From 0 to 1, row by row.
  package let values: [Double]

  /// Covers by the non-zero winding of a closed polygon without self-intersections.
  package init(of polygon: [SIMD2<Double>]) {
    var low = polygon[0], high = polygon[0]
    for point in polygon {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    x = Int(low.x.rounded(.down))
    y = Int(low.y.rounded(.down))
    width = Int(high.x.rounded(.up)) - x + 1
    height = Int(high.y.rounded(.up)) - y + 1
    // What each pixel's coverage differs by from that of its left neighbour.
    var steps = [Double](repeating: 0, count: width * height)
    let origin = SIMD2(Double(x), Double(y))
    var previous = polygon[polygon.count - 1] - origin
    for point in polygon {
      let next = point - origin
      Self.add(from: previous, to: next, width: width, &steps)
      previous = next
    }
    for row in 0..<height {
      var sum = 0.0
      for i in row * width..<(row + 1) * width {
        sum += steps[i]
        steps[i] = min(abs(sum), 1)
      }
    }
    values = steps
  }

  /// Adds the area to the right of an edge, counted positive for edges that go down and negative for those that go up.
  private static func add(from a: SIMD2<Double>, to b: SIMD2<Double>, width: Int, _ steps: inout [Double]) {
    guard a.y != b.y else { return }
    let (top, bottom) = a.y < b.y ? (a, b) : (b, a)
    let slope = (bottom.x - top.x) / (bottom.y - top.y)
    for row in Int(top.y)..<max(Int(bottom.y.rounded(.up)), Int(top.y) + 1) {
      let from = max(Double(row), top.y), to = min(Double(row + 1), bottom.y)
      guard to > from else { continue }
      let ends = (top.x + slope * (from - top.y), top.x + slope * (to - top.y))
      let left = max(0, min(ends.0, ends.1)), right = max(ends.0, ends.1)
      let weight = a.y < b.y ? to - from : from - to
      // Inside of this row the edge runs from `left` to `right`. The share of the row's height that lies left of t grows
      // from 0 to 1 between them; its integral over a pixel is the pixel's area.
      func area(until t: Double) -> Double {
        if t <= left { return 0 }
        if t >= right { return t - (left + right) / 2 }
        return (t - left) * (t - left) / (2 * (right - left))
      }
      var before = 0.0, areaBefore = 0.0
      for column in Int(left)...min(Int(right) + 1, width - 1) {
        let areaNow = area(until: Double(column + 1))
        let covered = areaNow - areaBefore
        steps[row * width + column] += weight * (covered - before)
        (before, areaBefore) = (covered, areaNow)
      }
    }
  }
}
