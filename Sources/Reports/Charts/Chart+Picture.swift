import Images

extension Chart {
  /// The chart as a picture on white, 880 by 480 pixels.
  public func picture() -> Image {
    var canvas = PlotCanvas()
    let thin = series.map { $0.thinned(to: 1200) }
    let all = thin.flatMap(\.points)
    let horizontal = Axis(all.map(\.x), labels: 8, isTight: true)
    let vertical = Axis(all.map(\.y), labels: 7, isLogarithmic: isLogarithmic)
    canvas.drawAxes(horizontal, vertical)
    for mark in marks where horizontal.range.contains(mark.x) {
      canvas.drawMark(at: horizontal.place(mark.x))
    }
    for (full, series) in zip(self.series, thin) {
      func places(_ series: Series) -> [Point] {
        series.points.map { Point(horizontal.place($0.x), vertical.place($0.y)) }
      }
      let hasTrend = full.points.count >= 200
      canvas.draw(places(series), color: series.color, width: hasTrend ? 1 : 2, opacity: hasTrend ? 0.35 : 1)
      if hasTrend { canvas.draw(places(full.smoothed().thinned(to: 600)), color: series.color, width: 2, opacity: 1) }
    }
    canvas.drawLegend(title: title, series.map { ($0.name, $0.color) })
    return canvas.image
  }
}

/// Where a chart's frame lies in its picture, and how its parts are drawn. Places in the frame go from 0 to 1.
private struct PlotCanvas {
  private(set) var image = Image(width: 880, height: 480, color: (255, 255, 255))
  private let left = 76.0
  private let right = 860.0
  private let top = 62.0
  private let bottom = 436.0

  /// Okabe and Ito's colours, darkened for white, as the page has them.
  private static let colors: [(UInt8, UInt8, UInt8)] = [
    (0x00, 0x72, 0xB2), (0xD1, 0x7F, 0x00), (0x00, 0x80, 0x5D), (0xA8, 0x55, 0x8A), (0x3A, 0x9A, 0xD0),
    (0x6B, 0x6B, 0x00),
  ]
  private let ink: (UInt8, UInt8, UInt8) = (0x1B, 0x1F, 0x24)
  private let weak: (UInt8, UInt8, UInt8) = (0x5C, 0x66, 0x70)
  private let rule: (UInt8, UInt8, UInt8) = (0xDF, 0xE3, 0xE8)
  private let alarm: (UInt8, UInt8, UInt8) = (0xB4, 0x2D, 0x00)

  private func x(_ place: Double) -> Double { left + place * (right - left) }
  private func y(_ place: Double) -> Double { bottom - place * (bottom - top) }

  mutating func drawAxes(_ horizontal: Axis, _ vertical: Axis) {
    for tick in vertical.ticks {
      let row = y(vertical.place(tick))
      image.fill(Region(x: Int(left), y: Int(row), width: Int(right - left), height: 1), rule)
      let label = shortNumber(tick)
      image.draw(label, x: Int(left) - 8 - BitmapFont.width(of: label), y: Int(row) - 3, color: weak)
    }
    for tick in horizontal.ticks {
      let label = shortNumber(tick)
      let column = Int(x(horizontal.place(tick)))
      image.draw(label, x: column - BitmapFont.width(of: label) / 2, y: Int(bottom) + 10, color: weak)
    }
    image.fill(Region(x: Int(left), y: Int(bottom), width: Int(right - left), height: 1), weak)
    let step = "step"
    image.draw(step, x: Int(right) - BitmapFont.width(of: step), y: Int(bottom) + 26, color: weak)
  }

  mutating func drawMark(at place: Double) {
    let column = Int(x(place))
    for row in stride(from: Int(top), to: Int(bottom), by: 6) {
      image.fill(Region(x: column, y: row, width: 1, height: 3), alarm)
    }
    for row in 0..<7 {
      image.fill(Region(x: column - 6 + row, y: Int(top) - 8 + row, width: 13 - 2 * row, height: 1), alarm)
    }
  }

  mutating func drawLegend(title: String, _ entries: [(name: String, color: Int)]) {
    image.draw(title, x: Int(left), y: 14, color: ink, scale: 2)
    var column = Int(left)
    for (name, color) in entries {
      let width = BitmapFont.width(of: name)
      guard column + 26 + width < image.width else { break }
      image.fill(Region(x: column, y: 41, width: 18, height: 3), Self.colors[color % Self.colors.count])
      image.draw(name, x: column + 24, y: 39, color: weak)
      column += 24 + width + 20
    }
  }

  /// Draws a curve. How much of each pixel it covers is gathered first, so that its corners are no darker than the rest.
  mutating func draw(_ places: [Point], color: Int, width: Double, opacity: Double) {
    var cover = [Float](repeating: 0, count: image.width * image.height)
    let points = places.map { (x: x($0.x), y: y($0.y)) }
    if points.count == 1, let point = points.first { covered(point, (point.x + 0.01, point.y), width: 6, &cover) }
    for (start, end) in zip(points, points.dropFirst()) { covered(start, end, width: width, &cover) }
    let ink = Self.colors[color % Self.colors.count]
    for (pixel, amount) in cover.enumerated() where amount > 0 {
      let share = amount * Float(opacity)
      for (channel, target) in [ink.0, ink.1, ink.2].enumerated() {
        let old = Float(image.pixels[pixel * 3 + channel])
        image.pixels[pixel * 3 + channel] = UInt8(old + (Float(target) - old) * share)
      }
    }
  }

  /// Marks the pixels within half a width of a stretch, those at the edge in part.
  private func covered(
    _ start: (x: Double, y: Double), _ end: (x: Double, y: Double), width: Double, _ cover: inout [Float]
  ) {
    let reach = width / 2 + 0.5
    let rows = clamped(min(start.y, end.y) - reach, max(start.y, end.y) + reach, image.height)
    let columns = clamped(min(start.x, end.x) - reach, max(start.x, end.x) + reach, image.width)
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let square = max(dx * dx + dy * dy, 1e-12)
    for row in rows {
      for column in columns {
        let (px, py) = (Double(column) - start.x, Double(row) - start.y)
        let along = min(1, max(0, (px * dx + py * dy) / square))
        let (ox, oy) = (px - along * dx, py - along * dy)
        let amount = Float(min(1, max(0, reach - (ox * ox + oy * oy).squareRoot())))
        let pixel = row * image.width + column
        if amount > cover[pixel] { cover[pixel] = amount }
      }
    }
  }

  private func clamped(_ low: Double, _ high: Double, _ count: Int) -> Range<Int> {
    let first = Int(max(0, min(Double(count), low.rounded(.down))))
    return first..<max(first, Int(max(0, min(Double(count), high.rounded(.up)))))
  }
}
