import Tensors

/// An index in the making: pictures and captions are added, those that it has already are left out.
///
/// Adding gives an item its row; embeddings follow in the order of the rows, a batch at a time.
package struct IndexDraft {
  private let model: ModelIdentity
  private let width: Int
  private var paths: [String] = []
  private var contents: [ContentHash] = []
  private var thumbnails: [[UInt8]] = []
  private var rowOfContent: [ContentHash: Int] = [:]
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
  package var imageCount: Int { paths.count }
  /// How many captions there are.
  package var captionCount: Int { texts.count }

  /// The row of a picture with this content, if there is one.
  package func row(of content: ContentHash) -> Int? { rowOfContent[content] }

  /// Adds a picture and returns its row; nil if there is one with the same content already.
  package mutating func addImage(_ path: String, _ content: ContentHash, thumbnail: [UInt8] = []) -> Int? {
    guard rowOfContent[content] == nil else { return nil }
    rowOfContent[content] = paths.count
    paths.append(path)
    contents.append(content)
    thumbnails.append(thumbnail)
    return paths.count - 1
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

  /// The embeddings of the captions that were added and have none yet, or of the first of them.
  package mutating func appendCaptions(_ embeddings: Embeddings) { captions.append(embeddings) }

  /// The index without the pictures whose paths are to go, and without their captions.
  package func removing(_ isRemoved: (String) -> Bool) -> SearchIndex {
    let keptImages = paths.indices.filter { !isRemoved(paths[$0]) }
    var newRow: [Int: Int] = [:]
    for (place, row) in keptImages.enumerated() { newRow[row] = place }
    let keptCaptions = pictures.indices.filter { pictures[$0].map { newRow[$0] != nil } ?? true }
    return index(
      images: joined(images).rows(keptImages), paths: keptImages.map { paths[$0] },
      contents: keptImages.map { contents[$0] }, thumbnails: keptImages.map { thumbnails[$0] },
      captions: joined(captions).rows(keptCaptions),
      texts: keptCaptions.map { texts[$0] }, pictures: keptCaptions.map { pictures[$0].flatMap { newRow[$0] } })
  }

  /// The index.
  package func finish() -> SearchIndex {
    index(
      images: joined(images), paths: paths, contents: contents, thumbnails: thumbnails, captions: joined(captions),
      texts: texts,
      pictures: pictures)
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
