import Images

/// Real pictures with real words, on a machine without network: the colour bitmaps of Noto Color Emoji with their names
/// and CLDR's keywords as captions.
///
/// Of the keywords of every picture one fifth is never told in training: `held-out` asks for them. The pictures' alpha is
/// their outline, so it is blended over white; they are 136 pixels wide and 128 high and get a white margin that makes
/// them square.
public struct Emoji: DataSet {
  /// What is told about the pictures.
  public enum Split: String, CaseIterable, Sendable {
    /// Names and the keywords that were kept, in several wordings.
    case train
    /// Names alone.
    case test
    /// The keywords that training does not tell; pictures that have none are left out.
    case heldOut = "held-out"
    /// As in training, but of nine tenths of the pictures.
    case trainPictures = "train-pictures"
    /// The other tenth: pictures that the nine do not show.
    case newPictures = "new-pictures"
  }

  private let catalog: EmojiCatalog
  private let entries: [EmojiCatalog.Entry]
  private let split: Split
  private let hasTemplates: Bool

  /// Reads font and names.
  ///
  /// - `language`: one of CLDR's, such as `en`, `de` or `pt_PT`.
  /// - `skinTones`: whether emoji with a colour of skin are pictures of their own.
  public init(
    _ split: Split, language: String = "en", skinTones: Bool = true, from sources: EmojiSources = EmojiSources()
  ) throws {
    self.split = split
    catalog = try EmojiCatalog(sources, language: language, skinTones: skinTones)
    let all = catalog.entries
    entries =
      switch split {
      case .train, .test: all
      case .heldOut: all.filter { !$0.heldOut.isEmpty }
      case .trainPictures: all.indices.filter { $0 % 10 != 9 }.map { all[$0] }
      case .newPictures: all.indices.filter { $0 % 10 == 9 }.map { all[$0] }
      }
    hasTemplates = language == "en"
  }

  /// How many different pictures there are.
  public var count: Int { entries.count }

  /// The code points of a picture's emoji: `1f44b-1f3fb`.
  public func id(at index: Int) -> String { entries[index].id }

  /// The heading that Unicode puts it under: `Animals & Nature`.
  public func group(at index: Int) -> String { entries[index].group }

  /// Its name; several where Unicode has several emoji that look alike.
  public func names(at index: Int) -> [String] { entries[index].names }

  /// All its keywords, held out or not.
  public func keywords(at index: Int) -> [String] { entries[index].keywords }

  /// The keywords that training does not tell.
  public func heldOutKeywords(at index: Int) -> [String] { entries[index].heldOut }

  /// What the split tells about a picture.
  public func captions(at index: Int) -> [String] { captions(of: entries[index]) }

  /// A picture with the captions of the split.
  public func sample(at index: Int) throws -> Sample {
    let entry = entries[index]
    let glyph = try decodePNG(catalog.font.png(of: entry.glyph), name: "emoji/\(entry.id)", over: (255, 255, 255))
    return Sample(id: "emoji/\(entry.id)", picture: .drawn(squared(glyph)), captions: captions(of: entry))
  }

  private func captions(of entry: EmojiCatalog.Entry) -> [String] {
    switch split {
    case .test: return entry.names
    case .heldOut: return entry.heldOut
    case .train, .trainPictures, .newPictures:
      let words = entry.kept.joined(separator: ", ")
      return entry.names.flatMap { name in
        [name] + (hasTemplates ? ["an emoji of \(name)"] : []) + (words.isEmpty ? [] : ["\(name): \(words)"])
      } + (entry.kept.count > 1 ? [words] : []) + entry.kept
    }
  }

  /// In the middle of a white square.
  private func squared(_ image: Image) -> Image {
    let side = max(image.width, image.height)
    var square = Image(width: side, height: side, color: (255, 255, 255))
    let (left, top) = ((side - image.width) / 2, (side - image.height) / 2)
    for y in 0..<image.height {
      let from = y * image.width * 3
      let to = ((top + y) * side + left) * 3
      square.pixels.replaceSubrange(to..<to + image.width * 3, with: image.pixels[from..<from + image.width * 3])
    }
    return square
  }
}
