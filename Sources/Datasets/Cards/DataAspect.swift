/// What a person may say of a data set that means something to some sets only.
public enum DataAspect: Sendable, CaseIterable {
  /// Where downloaded sets lie.
  case root
  /// Where the pictures of a caption file lie.
  case images
  /// The columns of a table.
  case columns
  /// The language of emoji.
  case language
  /// Size and seed of drawn pictures.
  case drawing
}

extension OpenedDataSet {
  /// Whether it makes a difference to this set.
  public func heeds(_ aspect: DataAspect) -> Bool { aspect == .root ? card != nil : source.heeds(aspect) }
}

extension Card {
  /// Whether it makes a difference to some split.
  public func heeds(_ aspect: DataAspect) -> Bool { aspect == .root || splits.contains { $0.source.heeds(aspect) } }
}

extension DataSource {
  fileprivate func heeds(_ aspect: DataAspect) -> Bool {
    switch (aspect, self) {
    case (.images, .table), (.images, .flickr), (.images, .coco), (.images, .karpathy), (.columns, .table),
      (.language, .emoji), (.drawing, .shapes):
      true
    default: false
    }
  }
}
