import HTML
import Images
import JSON
import Tensors

/// How large a gallery may become.
package struct GalleryLimits: Sendable {
  /// The most pictures that it shows.
  package var images = 5000
  /// The most captions that it shows.
  package var captions = 15_000
  /// Neighbours of each kind that an item has.
  package var neighbors = 12

  /// The usual limits: some tens of megabytes.
  package init() {}
}

extension SearchIndex {
  /// A page to browse the whole index: all pictures; a click, or Enter, shows a picture or a caption with its nearest
  /// neighbours of both kinds, which are computed here. The address of the page names what is shown (`#i12`, `#c3`), so
  /// that Back works. Beyond the limits the first items are shown, and the page says so. Rows must be in memory.
  package func galleryPage(title: String, limits: GalleryLimits = GalleryLimits()) throws -> String {
    let (imageCount, captionCount) = (min(images.count, limits.images), min(captions.count, limits.captions))
    let shownImages = try first(imageCount, of: images), shownCaptions = try first(captionCount, of: captions)
    let nearestOfImages = try neighbors(of: shownImages, shownImages, shownCaptions, limits.neighbors, kind: .image)
    let nearestOfCaptions = try neighbors(
      of: shownCaptions, shownImages, shownCaptions, limits.neighbors, kind: .caption)
    var addresses = [String?](repeating: nil, count: imageCount)
    addresses.withUnsafeMutableBufferPointer { addresses in
      nonisolated(unsafe) let addresses = addresses
      parallelFor(imageCount, grain: 8) { rows in
        for row in rows { addresses[row] = Thumbnail.address(of: row, in: self) }
      }
    }
    var captionsOf = [[Int]](repeating: [], count: imageCount)
    for caption in 0..<captionCount {
      if let picture = pictures[caption], picture < imageCount { captionsOf[picture].append(caption) }
    }
    let data: JSONValue = [
      "images": .array(
        (0..<imageCount).map { row in
          [
            "p": .string(paths[row]), "t": addresses[row].map { .string($0) } ?? .null, "c": JSONValue(captionsOf[row]),
            "n": nearestOfImages[row],
          ]
        }),
      "captions": .array(
        (0..<captionCount).map { row in
          [
            "t": .string(texts[row]),
            "i": pictures[row].flatMap { $0 < imageCount ? JSONValue($0) : nil } ?? .null, "n": nearestOfCaptions[row],
          ]
        }),
    ]
    var count = "\(images.count) pictures, \(captions.count) captions"
    if imageCount < images.count || captionCount < captions.count {
      count += "; the first \(imageCount) pictures and \(captionCount) captions are shown"
    }
    let body = """
      <header><h1>\(title.htmlEscaped)</h1>
      <label>Filter <input id="filter" type="search" autocomplete="off" placeholder="words of a caption or path"></label>
      </header>
      <p id="count" role="status" data-all="\(count)">\(count)</p>
      <main>
      <section id="chosen" aria-live="polite" tabindex="-1" hidden></section>
      <section id="all"><ul class="grid" id="grid"></ul><ul class="texts" id="texts"></ul>
      <button class="plain" id="more" hidden>Show more</button></section>
      </main>
      """
    // "</script>" or "<!--" in a caption must not end the element that the data stand in.
    let safe = data.text().split(separator: "<", omittingEmptySubsequences: false).joined(separator: "\\u003c")
    return pageFrame(
      title: title, body: body,
      script: "<script type=\"application/json\" id=\"data\">\(safe)</script>\n<script>\(galleryScript)</script>")
  }

  private func first(_ count: Int, of rows: SearchableRows) throws -> Embeddings {
    if let exact = rows.exact as? Embeddings, exact.count == count { return exact }
    var numbers: [Float] = []
    numbers.reserveCapacity(count * width)
    let chosen = Array(0..<count)
    try rows.exact.forEach(of: chosen[...]) { numbers.append(contentsOf: $1) }
    return Embeddings(count: count, width: width) { _ = $0.update(fromContentsOf: numbers) }
  }

  /// For each item [[pictures], [captions]], each a list of row, score in thousandths, row, score, … without itself.
  private func neighbors(
    of queries: Embeddings, _ images: Embeddings, _ captions: Embeddings, _ count: Int, kind: ItemKind
  ) throws -> [JSONValue] {
    func lists(_ rows: Embeddings, own: Bool) throws -> [JSONValue] {
      try SearchableRows(rows).nearest(own ? count + 1 : count, to: queries).enumerated().map { query, hits in
        JSONValue(
          hits.filter { !own || $0.row != query }.prefix(count).flatMap {
            [$0.row, Int(($0.score * 1000).rounded())]
          })
      }
    }
    return zip(try lists(images, own: kind == .image), try lists(captions, own: kind == .caption)).map {
      .array([$0, $1])
    }
  }
}
