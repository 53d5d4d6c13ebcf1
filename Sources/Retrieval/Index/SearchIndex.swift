import Tensors

/// What a search may find.
package enum ItemKind: String, Sendable, CaseIterable {
  /// Pictures.
  case image
  /// Captions.
  case caption
}

/// Pictures and captions in one space. A row of `images` for each distinct picture, a row of `captions` for each text.
package struct SearchIndex: Sendable {
  /// The model that made the embeddings.
  package let model: ModelIdentity
  /// The pictures' embeddings.
  package let images: SearchableRows
  /// Where the pictures lie.
  package let paths: StringTable
  /// What the pictures' files held.
  package let contents: [ContentHash]
  /// Small copies, as JPEG files, of the pictures that have no file of their own; empty for others.
  package let thumbnails: StringTable
  /// The captions' embeddings.
  package let captions: SearchableRows
  /// The captions.
  package let texts: StringTable
  /// The row of each caption's picture; nil for a text without one.
  package let pictures: [Int?]

  /// Numbers in an embedding.
  package var width: Int { images.width }

  /// An index of these parts.
  package init(
    model: ModelIdentity, images: SearchableRows, paths: StringTable, contents: [ContentHash],
    thumbnails: StringTable, captions: SearchableRows, texts: StringTable, pictures: [Int?]
  ) {
    guard images.count == paths.count, images.count == contents.count,
      images.count == thumbnails.count, captions.count == texts.count,
      captions.count == pictures.count, images.width == captions.width,
      pictures.allSatisfy({ $0.map { (0..<images.count).contains($0) } ?? true })
    else {
      fatalError(
        "SearchIndex: [\(images.count), \(images.width)] pictures with \(paths.count) paths, [\(captions.count), "
          + "\(captions.width)] captions with \(texts.count) texts")
    }
    self.model = model
    self.images = images
    self.paths = paths
    self.contents = contents
    self.thumbnails = thumbnails
    self.captions = captions
    self.texts = texts
    self.pictures = pictures
  }

  /// The rows of a kind.
  package func rows(_ kind: ItemKind) -> SearchableRows {
    switch kind {
    case .image: images
    case .caption: captions
    }
  }

  /// What a text asks for, or a picture: the other kind, where there are any.
  package func kind(askedFor other: ItemKind) -> ItemKind {
    rows(other).count > 0 ? other : other == .image ? .caption : .image
  }

  /// The captions of pictures, in their order, for those that have any.
  package func captions(of images: some Sequence<Int>) -> [Int: [Int]] {
    let wanted = Set(images)
    var found: [Int: [Int]] = [:]
    for (caption, picture) in pictures.enumerated() {
      if let picture, wanted.contains(picture) { found[picture, default: []].append(caption) }
    }
    return found
  }

  /// The nearest items of a kind, best first.
  package func nearest(_ count: Int, _ kind: ItemKind, to queries: Embeddings) throws -> [[Found]] {
    let hits = try rows(kind).nearest(count, to: queries)
    let captions = kind == .image ? captions(of: hits.joined().map(\.row)) : [:]
    return hits.map { hits in
      hits.enumerated().map { place, hit in
        switch kind {
        case .image:
          Found(
            rank: place + 1, score: Float(hit.score), kind: kind, row: hit.row, path: paths[hit.row],
            caption: captions[hit.row]?.first.map { texts[$0] })
        case .caption:
          Found(
            rank: place + 1, score: Float(hit.score), kind: kind, row: hit.row,
            path: pictures[hit.row].map { paths[$0] }, caption: texts[hit.row])
        }
      }
    }
  }
}

/// A result of a search.
package struct Found: Sendable, Equatable {
  /// From 1.
  package let rank: Int
  /// The cosine of the angle to the query.
  package let score: Float
  /// Whether it is a picture or a caption.
  package let kind: ItemKind
  /// Its row among those of its kind.
  package let row: Int
  /// Where the picture lies, or the caption's picture if it has one.
  package let path: String?
  /// The caption, or the picture's first one if it has any.
  package let caption: String?
}
