import Files
import HTML

/// What the model made of held-out samples: sections that are there if the run took snapshots.
extension RunPage {
  private var latest: [(run: RunData, snapshot: Snapshot)] {
    runs.compactMap { run in run.snapshots.last.map { (run, $0) } }
  }

  /// The eigenvalues of the embeddings' covariance, a curve a snapshot: a spectrum that falls early is one of few
  /// dimensions.
  var spectra: String {
    let charts = runs.flatMap { run -> [Chart] in
      let towers = run.snapshots.last?.spectra.map(\.tower) ?? []
      return towers.map { tower in
        // No more curves than can be told apart: the first, the last and some between.
        let count = min(run.snapshots.count, 5)
        let chosen = (0..<count).map { run.snapshots[count == 1 ? 0 : $0 * (run.snapshots.count - 1) / (count - 1)] }
        let series = chosen.enumerated().compactMap { number, snapshot -> Series? in
          let values = snapshot.spectra.first { $0.tower == tower }?.values ?? []
          let points = values.enumerated().filter { $0.element > 0 }.map { Point(Double($0.offset + 1), $0.element) }
          return points.isEmpty ? nil : Series("step \(snapshot.step)", points, color: number)
        }
        return Chart("\(run.name) · \(tower): eigenvalues", series, logarithmic: true, legend: true)
      }
    }
    return charts.isEmpty ? "" : "<h2>Spectrum</h2><div class=\"charts\">\(charts.map(\.svg).joined())</div>"
  }

  /// Held-out embeddings on their first two principal components.
  var maps: String {
    let figures = latest.filter { !$0.snapshot.points.isEmpty }.map { run, snapshot in
      let points = snapshot.points.filter { $0.place.x.isFinite && $0.place.y.isFinite }
      let horizontal = Axis(points.map(\.place.x), labels: 5)
      let vertical = Axis(points.map(\.place.y), labels: 5)
      var towers = [String]()
      let body = points.map { item -> String in
        if !towers.contains(item.tower) { towers.append(item.tower) }
        let x = fixed(10 + horizontal.place(item.place.x) * 580, 1)
        let y = fixed(390 - vertical.place(item.place.y) * 380, 1)
        let color = (towers.firstIndex(of: item.tower) ?? 0) % 3
        let title = "<title>\(item.caption.htmlEscaped)</title>"
        if let address = picture(item.picture, of: run) {
          return
            "<image href=\"\(address)\" x=\"\(x)\" y=\"\(y)\" width=\"22\" height=\"22\" transform=\"translate(-11 -11)\">\(title)</image>"
        }
        return "<circle class=\"f\(color)\" cx=\"\(x)\" cy=\"\(y)\" r=\"3\">\(title)</circle>"
      }
      return """
        <figure><figcaption>\(run.name.htmlEscaped), step \(snapshot.step)</figcaption>\
        \(legendLine(towers.enumerated().map { ($0.element, $0.offset) }))<svg viewBox="0 0 600 400" role="img" aria-label="embeddings on two principal components">\
        \(body.joined())</svg></figure>
        """
    }
    return figures.isEmpty ? "" : "<h2>Map of held-out embeddings</h2><div class=\"charts\">\(figures.joined())</div>"
  }

  /// Cosines between pictures and captions of a batch: a good model's are high on the diagonal alone.
  var similarity: String {
    let figures = latest.filter { !$0.snapshot.similarity.isEmpty }.map { run, snapshot in
      let rows = snapshot.similarity
      let size = 400 / Double(max(rows.count, rows.map(\.count).max() ?? 1))
      let values = rows.flatMap { $0 }
      let least = values.min() ?? 0
      let span = max((values.max() ?? 1) - least, 1e-9)
      let cells = rows.enumerated().flatMap { row, values in
        values.enumerated().map { column, value in
          """
          <rect class="f0" x="\(fixed(Double(column) * size, 2))" y="\(fixed(Double(row) * size, 2))" \
          width="\(fixed(size, 2))" height="\(fixed(size, 2))" opacity="\(fixed((value - least) / span, 3))">\
          <title>\(row + 1), \(column + 1): \(fixed(value, 3))</title></rect>
          """
        }
      }
      return """
        <figure><figcaption>\(run.name.htmlEscaped), step \(snapshot.step)<span>\(fixed(least, 2)) to \
        \(fixed(least + span, 2))</span></figcaption><svg viewBox="0 0 400 400" role="img" \
        aria-label="similarity matrix">\(cells.joined())</svg></figure>
        """
    }
    return figures.isEmpty ? "" : "<h2>Similarity within a batch</h2><div class=\"charts\">\(figures.joined())</div>"
  }

  /// Samples with those nearest to them.
  var neighbours: String {
    let rows = latest.flatMap { run, snapshot in
      snapshot.neighbours.map { asked, found in
        let items = [asked] + found
        let cells = items.map { item in
          "<div>\(image(item.picture, of: run, alt: item.caption))</div><small>\(item.caption.htmlEscaped)\(item.score.map { " " + fixed($0, 2) } ?? "")</small>"
        }
        return "<figure><div>\(cells.map { "<span>\($0)</span>" }.joined())</div></figure>"
      }
    }
    return rows.isEmpty ? "" : "<h2>Nearest neighbours</h2><div class=\"pictures\">\(rows.joined())</div>"
  }

  /// The strips that runs of masked autoencoders draw: the same pictures again and again, a column a look.
  var reconstructions: String {
    let strips = runs.compactMap { run in
      let strip = image("reconstructions.png", of: run, alt: "reconstructions, a column a look", limit: 1 << 23)
      return strip.isEmpty ? nil : "<p>\(run.name.htmlEscaped)</p><div class=\"wide strip\">\(strip)</div>"
    }
    return strips.isEmpty ? "" : "<h2>Reconstructions</h2>\(strips.joined())"
  }

  /// A picture of the run as an address; pictures that are gone, or too large for a page, are left out.
  private func picture(_ path: String, of run: RunData, limit: Int = 1 << 20) -> String? {
    guard !path.isEmpty, let bytes = try? readFile(join(run.folder, path), limit: limit) else { return nil }
    return dataAddress(bytes)
  }

  private func image(_ path: String, of run: RunData, alt: String, limit: Int = 1 << 20) -> String {
    picture(path, of: run, limit: limit).map { "<img src=\"\($0)\" alt=\"\(alt.htmlEscaped)\">" } ?? ""
  }
}
