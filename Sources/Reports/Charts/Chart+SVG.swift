import HTML

/// Where a chart's frame lies in its drawing; the SVG is 420 by 230 units and grows with the page.
private enum Frame {
  static let width = 420.0
  static let height = 230.0
  static let left = 50.0
  static let right = 400.0
  static let top = 12.0
  static let bottom = 202.0
}

extension Chart {
  /// The chart as an element of a page. Colours come from the page's style sheet.
  package var svg: String {
    let thin = series.map { $0.thinned(to: 600) }
    // Where there are many points the trend is drawn over them.
    let trends = series.map { $0.points.count >= 200 ? $0.smoothed().thinned(to: 300) : nil }
    let all = thin.flatMap(\.points)
    let horizontal = Axis(all.map(\.x), labels: 5, isTight: true)
    let vertical = Axis(all.map(\.y), labels: 5, isLogarithmic: isLogarithmic)
    func x(_ value: Double) -> String { fixed(Frame.left + horizontal.place(value) * (Frame.right - Frame.left), 1) }
    func y(_ value: Double) -> String { fixed(Frame.bottom - vertical.place(value) * (Frame.bottom - Frame.top), 1) }
    func line(_ series: Series, _ style: String) -> String {
      if series.points.count == 1, let point = series.points.first {
        return "<circle class=\"\(style) dot\" cx=\"\(x(point.x))\" cy=\"\(y(point.y))\" r=\"2.5\"/>"
      }
      let places = series.points.map { "\(x($0.x)),\(y($0.y))" }.joined(separator: " ")
      return "<polyline class=\"\(style)\" points=\"\(places)\"/>"
    }

    var body = ""
    for tick in vertical.ticks {
      body += "<path class=\"grid\" d=\"M\(Frame.left) \(y(tick))H\(Frame.right)\"/>"
      body += "<text x=\"\(Frame.left - 6)\" y=\"\(y(tick))\" class=\"left\">\(shortNumber(tick))</text>"
    }
    for tick in horizontal.ticks {
      body += "<text x=\"\(x(tick))\" y=\"\(Frame.bottom + 16)\" class=\"below\">\(shortNumber(tick))</text>"
    }
    body += "<path class=\"axis\" d=\"M\(Frame.left) \(Frame.bottom)H\(Frame.right)\"/>"
    for mark in marks where horizontal.range.contains(mark.x) {
      body += "<g class=\"alarm\"><title>\(mark.text.htmlEscaped)</title>"
      body += "<path d=\"M\(x(mark.x)) \(Frame.top)V\(Frame.bottom)\"/>"
      body += "<path class=\"flag\" d=\"M\(x(mark.x)) \(Frame.top - 4)l5 -8h-10z\"/></g>"
    }
    for (series, trend) in zip(thin, trends) {
      let style = "line c\(series.color % 6)\(series.color >= 6 ? " dashed" : "")"
      body += line(series, trend == nil ? style : style + " faint")
      if let trend { body += line(trend, style) }
    }
    let last = series.compactMap { series in series.points.last { $0.y.isFinite }.map { shortNumber($0.y) } }
    let legend = hasLegend ? legendLine(series.map { ($0.name, $0.color) }) : ""
    let label = "\(title): last \(last.joined(separator: ", "))".htmlEscaped
    return """
      <figure><figcaption>\(title.htmlEscaped)<span>\(last.joined(separator: " · "))</span></figcaption>\(legend)\
      <svg viewBox="0 -6 \(Frame.width) \(Frame.height)" role="img" aria-label="\(label)">\(body)</svg></figure>
      """
  }
}

/// Names in their colours, below a figure's title.
func legendLine(_ entries: [(name: String, color: Int)]) -> String {
  "<p>" + entries.map { "\(legendKey($0.color))\($0.name.htmlEscaped)" }.joined(separator: " ") + "</p>"
}

/// A stroke in a run's colour.
func legendKey(_ color: Int) -> String {
  "<span class=\"key k\(color % 6)\(color >= 6 ? " dashed" : "")\"></span>"
}
