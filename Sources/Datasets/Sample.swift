import Images

/// One item of a data set: a picture, its captions and its class, as far as the set has them.
public struct Sample: Sendable {
  /// Where it comes from, in words that help a person to find it: a path, `shard.tar:000123`, `shapes/test/17`.
  public var id: String
  /// The picture, not decoded yet unless it was drawn; nil in sets of texts alone.
  public var picture: Picture?
  /// Every caption says the same of the picture in other words.
  public var captions: [String]
  /// An index into the set's class names.
  public var label: Int?

  /// An item.
  public init(id: String, picture: Picture? = nil, captions: [String] = [], label: Int? = nil) {
    self.id = id
    self.picture = picture
    self.captions = captions
    self.label = label
  }
}

/// A picture in the form in which the set has it.
public enum Picture: Sendable {
  /// A JPEG or PNG file.
  case file(String)
  /// The content of such a file.
  case encoded([UInt8])
  /// Pixels.
  case drawn(Image)
}
