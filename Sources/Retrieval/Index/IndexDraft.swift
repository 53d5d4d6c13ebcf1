import Files
import Tensors

/// An index in the making: pictures and captions are added, those that it has already are left out.
///
/// Adding gives an item its row; embeddings follow in the order of the rows, a batch at a time. A file that holds another
/// picture now than the index has of it keeps its row and its captions, and gives the row another embedding.
package struct IndexDraft {
  private let model: ModelIdentity
  private let width: Int
  private var paths: [String] = []
  private var contents: [ContentHash] = []
  private var thumbnails: [[UInt8]] = []
  private var rowOfContent: [ContentHash: Int] = [:]
  /// The rows of pictures that are files, by where those lie.
  private var rowsOfFile: [String: Set<Int>] = [:]
  /// Where else a row's picture was seen since the draft was begun.
  private var alsoAt: [Int: String] = [:]
  /// Rows whose pictures are nowhere any more.
  private var gone: Set<Int> = []
  /// Captions that a picture has twice.
  private var spare: Set<Int> = []
  private var renewed: [Int: (batch: Embeddings, row: Int)] = [:]
  private var texts: [String] = []
  private var pictures: [Int?] = []
  private var known: Set<Caption> = []
  private var images: [Embeddings] = []
  private var captions: [Embeddings] = []

  private struct Caption: Hashable {
    let picture: Int?
    let text: [UInt8]
  }

  /// An empty index for a model's embeddings.
  package init(model: ModelIdentity, width: Int) {
    self.model = model
    self.width = width
  }

  /// What an index holds, to add to it or to take from it. Its rows must be in memory.
  package init(_ index: SearchIndex) {
    guard let exactImages = index.images.exact as? Embeddings,
      let exactCaptions = index.captions.exact as? Embeddings
    else { fatalError("IndexDraft: the exact rows are not in memory; open the index with all rows") }
    self.init(model: index.model, width: index.width)
    for row in 0..<index.images.count {
      _ = addImage(index.paths[row], index.contents[row], thumbnail: Array(index.thumbnails.content(of: row)))
    }
    for (text, picture) in zip(index.texts.all, index.pictures) { _ = addCaption(text, of: picture) }
    images = [exactImages]
    captions = [exactCaptions]
  }

  /// How many pictures there are.
  package var imageCount: Int { paths.count - gone.count }
  /// How many captions there are.
  package var captionCount: Int { texts.count - spare.count }

  /// The row of a picture with this content, if there is one.
  package func row(of content: ContentHash) -> Int? { rowOfContent[content] }

  /// Adds a picture and returns its row; nil if there is one with the same content already.
  package mutating func addImage(_ path: String, _ content: ContentHash, thumbnail: [UInt8] = []) -> Int? {
    rowOfContent[content] == nil ? append(path, content, thumbnail) : nil
  }

  private mutating func append(_ path: String, _ content: ContentHash, _ thumbnail: [UInt8]) -> Int {
    rowOfContent[content] = paths.count
    if thumbnail.isEmpty { rowsOfFile[absolutePath(path), default: []].insert(paths.count) }
    paths.append(path)
    contents.append(content)
    thumbnails.append(thumbnail)
    return paths.count - 1
  }

  /// What the index has of a picture.
  package enum Place: Equatable {
    /// Nothing: it was added as this row.
    case new(Int)
    /// The same content, in this row.
    case known(Int)
    /// What the file held before, in this row, which is to be embedded anew.
    case changed(Int)

    /// Its row.
    package var row: Int {
      switch self {
      case .new(let row), .known(let row), .changed(let row): row
      }
    }
  }

  /// Adds a picture, or finds its row. What the index has of the file from before does not stay.
  package mutating func place(_ path: String, _ content: ContentHash, thumbnail: [UInt8] = []) -> Place {
    let found = rowOfContent[content]
    let former = thumbnail.isEmpty ? formerRows(of: absolutePath(path), but: found) : []
    if let found {
      for row in former { forget(row, insteadOf: found) }
      if absolutePath(paths[found]) != absolutePath(path) { alsoAt[found] = path }
      return .known(found)
    }
    guard let row = former.first else { return .new(append(path, content, thumbnail)) }
    for other in former.dropFirst() { forget(other, insteadOf: row) }
    rowOfContent[contents[row]] = nil
    rowOfContent[content] = row
    contents[row] = content
    rowsOfFile[absolutePath(path), default: []].insert(row)
    return .changed(row)
  }

  /// The rows of what a file held before, which are its own no more. A picture that lies elsewhere too keeps its row there;
  /// pictures without a file of their own are told apart by their content alone.
  private mutating func formerRows(of file: String, but current: Int?) -> [Int] {
    let former = (rowsOfFile[file] ?? []).subtracting([current].compactMap(\.self))
    rowsOfFile[file]?.subtract(former)
    return former.sorted().filter { row in
      guard let other = alsoAt[row] else { return true }
      paths[row] = other
      rowsOfFile[absolutePath(other), default: []].insert(row)
      return false
    }
  }

  /// Leaves out a row; its captions become those of another one.
  private mutating func forget(_ row: Int, insteadOf other: Int) {
    gone.insert(row)
    rowOfContent[contents[row]] = nil
    for (caption, picture) in pictures.enumerated() where picture == row {
      let isNew = known.insert(Caption(picture: other, text: Array(texts[caption].utf8))).inserted
      if isNew { pictures[caption] = other } else { spare.insert(caption) }
    }
  }

  /// Adds a caption, unless the picture has the same already; returns whether it was new.
  package mutating func addCaption(_ text: String, of picture: Int?) -> Bool {
    guard known.insert(Caption(picture: picture, text: Array(text.utf8))).inserted else { return false }
    texts.append(text)
    pictures.append(picture)
    return true
  }

  /// The embeddings of the pictures that were added and have none yet, or of the first of them.
  package mutating func appendImages(_ embeddings: Embeddings) { images.append(embeddings) }

  /// The embeddings of rows whose files hold other pictures now.
  package mutating func renewImages(_ rows: [Int], _ embeddings: Embeddings) {
    for (place, row) in rows.enumerated() { renewed[row] = (embeddings, place) }
  }

  /// The embeddings of the captions that were added and have none yet, or of the first of them.
  package mutating func appendCaptions(_ embeddings: Embeddings) { captions.append(embeddings) }

  /// The index without the pictures whose paths are to go, and without their captions.
  package func removing(_ isRemoved: (String) -> Bool) -> SearchIndex {
    let keptImages = paths.indices.filter { !gone.contains($0) && !isRemoved(paths[$0]) }
    var newRow: [Int: Int] = [:]
    for (place, row) in keptImages.enumerated() { newRow[row] = place }
    let keptCaptions = pictures.indices.filter { caption in
      !spare.contains(caption) && pictures[caption].map { newRow[$0] != nil } ?? true
    }
    return index(
      images: allImages.rows(keptImages), paths: keptImages.map { paths[$0] },
      contents: keptImages.map { contents[$0] }, thumbnails: keptImages.map { thumbnails[$0] },
      captions: joined(captions).rows(keptCaptions),
      texts: keptCaptions.map { texts[$0] }, pictures: keptCaptions.map { pictures[$0].flatMap { newRow[$0] } })
  }

  /// The index.
  package func finish() -> SearchIndex {
    guard gone.isEmpty else { return removing { _ in false } }
    return index(
      images: allImages, paths: paths, contents: contents, thumbnails: thumbnails, captions: joined(captions),
      texts: texts, pictures: pictures)
  }

  /// The pictures' embeddings, the last of those that each row was given.
  private var allImages: Embeddings {
    let all = joined(images)
    guard !renewed.isEmpty else { return all }
    return Embeddings(count: all.count, width: width) { out in
      all.withNumbers { _ = out.update(fromContentsOf: $0) }
      for (row, (batch, place)) in renewed {
        batch.withNumbers { numbers in
          _ = UnsafeMutableBufferPointer(rebasing: out[row * width..<(row + 1) * width])
            .update(fromContentsOf: numbers[place * width..<(place + 1) * width])
        }
      }
    }
  }

  private func index(
    images: Embeddings, paths: [String], contents: [ContentHash], thumbnails: [[UInt8]], captions: Embeddings,
    texts: [String],
    pictures: [Int?]
  ) -> SearchIndex {
    SearchIndex(
      model: model, images: SearchableRows(images), paths: StringTable(paths), contents: contents,
      thumbnails: StringTable(contents: thumbnails), captions: SearchableRows(captions), texts: StringTable(texts),
      pictures: pictures)
  }

  private func joined(_ parts: [Embeddings]) -> Embeddings { Embeddings(joining: parts, width: width) }
}
