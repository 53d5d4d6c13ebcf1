import HTML

extension SearchIndex {
  /// A page with the results of one search.
  package func resultPage(title: String, results: [Found]) -> String {
    let tiles = results.map { found -> String in
      let picture: String
      switch found.kind {
      case .image: picture = pictureMarkup(found.row, alternative: found.caption ?? found.path ?? "")
      case .caption:
        picture = pictures[found.row].map { pictureMarkup($0, alternative: found.path ?? "") } ?? ""
      }
      let path = found.path.map { "<span>\(($0).htmlEscaped)</span>" } ?? ""
      return """
        <li><div class="tile">\(picture)<span>\(found.rank). \((found.caption ?? "").htmlEscaped)</span>\
        <span class="score">\(scoreText(found.score))</span>\(path)</div></li>
        """
    }
    let body = """
      <header><h1>\(title.htmlEscaped)</h1></header>
      <main><p>\(results.count) of \(images.count) pictures and \(captions.count) captions</p>
      <ol class="grid">
      \(tiles.joined(separator: "\n"))
      </ol></main>
      """
    return pageFrame(title: title, body: body)
  }

  private func pictureMarkup(_ row: Int, alternative: String) -> String {
    guard let address = Thumbnail.address(of: row, in: self) else { return "<div class=\"none\">no picture</div>" }
    return "<img src=\"\(address)\" alt=\"\(alternative.htmlEscaped)\">"
  }
}
