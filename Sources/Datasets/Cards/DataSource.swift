import Files
import JSON

/// One split of a card: which reader reads it, and from which files below the card's folder.
enum DataSource: Sendable, Equatable {
  case imageFolder(folder: String)
  case table(captions: String, images: String?, CaptionTable.Columns?)
  case flickr(captions: String, images: String?, list: String?)
  case coco(captions: String, images: String?)
  case karpathy(captions: String, images: String?, split: String?)
  case webDataset(shards: String)
  case cifar(files: [String], CIFAR.Kind)
  case idx(images: String, labels: String?)
  case lines(captions: String)
  case shapes(Shapes.Split, count: Int)
  case emoji(Emoji.Split, skinTones: Bool)
}

/// The readers by their names in cards.
enum ReaderName: String, CaseIterable, JSONReadable {
  case imageFolder = "image-folder"
  case table, flickr, coco, karpathy
  case webDataset = "webdataset"
  case cifar10, cifar100, idx, lines, shapes, emoji
}

extension DataSource {
  /// Reads the keys that a reader needs; the caller asks for what is left.
  init(_ reader: ReaderName, _ fields: JSONFields, name: String) throws {
    switch reader {
    case .imageFolder: self = .imageFolder(folder: try fields.take("folder", default: "."))
    case .table:
      let (captions, images) = try (
        fields.take("captions", as: String.self), fields.takeIfPresent("images", as: String.self)
      )
      var columns = CaptionTable.Columns()
      let image = try fields.takeIfPresent("image_column", as: String.self)
      let caption = try fields.takeIfPresent("caption_column", as: String.self)
      let separator = try fields.takeIfPresent("separator", as: String.self)
      columns.image = image ?? columns.image
      columns.caption = caption ?? columns.caption
      if let separator {
        guard separator.utf8.count == 1, let byte = separator.utf8.first else {
          throw fields.node.error("the separator must be one character")
        }
        columns.separator = byte
      }
      let isGiven = image != nil || caption != nil || separator != nil
      self = .table(captions: captions, images: images, isGiven ? columns : nil)
    case .flickr:
      self = .flickr(
        captions: try fields.take("captions"), images: try fields.takeIfPresent("images"),
        list: try fields.takeIfPresent("list"))
    case .coco: self = .coco(captions: try fields.take("captions"), images: try fields.takeIfPresent("images"))
    case .karpathy:
      self = .karpathy(
        captions: try fields.take("captions"), images: try fields.takeIfPresent("images"),
        split: try fields.take("split", default: name))
    case .webDataset: self = .webDataset(shards: try fields.take("shards"))
    case .cifar10: self = .cifar(files: try fields.take("files"), .cifar10)
    case .cifar100: self = .cifar(files: try fields.take("files"), .cifar100)
    case .idx: self = .idx(images: try fields.take("images"), labels: try fields.takeIfPresent("labels"))
    case .lines: self = .lines(captions: try fields.take("captions"))
    case .shapes:
      self = .shapes(try fields.take("draw"), count: try fields.take("count", in: 1...1_000_000_000))
    case .emoji:
      self = .emoji(try fields.take("tell"), skinTones: try fields.take("skin_tones", default: true))
    }
  }

  /// The files and folders that must be there, relative to the card's folder.
  var files: [String] {
    switch self {
    case .imageFolder(let folder): [folder]
    case .table(let captions, let images, _), .coco(let captions, let images): [captions] + (images.map { [$0] } ?? [])
    case .flickr(let captions, let images, let list): [captions] + [images, list].compactMap { $0 }
    case .karpathy(let captions, let images, _): [captions] + (images.map { [$0] } ?? [])
    case .webDataset(let shards): (try? expandBraces(shards)) ?? [shards]
    case .cifar(let files, _): files
    case .idx(let images, let labels): [images] + (labels.map { [$0] } ?? [])
    case .lines(let captions): [captions]
    case .shapes, .emoji: []
    }
  }

  /// Opens the split.
  ///
  /// - Parameter folder: the card's folder.
  func open(in folder: String, classNames: [String], _ options: DataOptions) throws -> any DataSet {
    func at(_ path: String) -> String { join(folder, path) }
    func images(_ path: String?) -> String? { options.images ?? path.map(at) }
    switch self {
    case .imageFolder(let folder): return try ImageFolder(at(folder))
    case .table(let captions, let folder, let columns):
      return try CaptionTable(at(captions), images: images(folder), columns: options.columns ?? columns)
    case .flickr(let captions, let folder, let list):
      return try FlickrCaptions(at(captions), images: images(folder), list: list.map(at))
    case .coco(let captions, let folder): return try COCOCaptions(at(captions), images: images(folder))
    case .karpathy(let captions, let folder, let split):
      return try KarpathySplit(at(captions), images: images(folder), split: split)
    case .webDataset(let shards): return try TarShards(at(shards), classNames: classNames)
    case .cifar(let files, let kind): return try CIFAR(files.map(at), kind: kind, classNames: classNames)
    case .idx(let images, let labels):
      return try IDX(images: unpacked(at(images)), labels: labels.map { unpacked(at($0)) }, classNames: classNames)
    case .lines(let captions): return try TextLines(at(captions))
    case .shapes(let split, let count):
      return Shapes(split, count: count, side: options.side, seed: options.seed)
    case .emoji(let split, let skinTones):
      return try Emoji(split, language: options.language, skinTones: skinTones)
    }
  }

  /// MNIST's files may lie there with `.gz` or without.
  private func unpacked(_ path: String) -> String {
    path.hasSuffix(".gz") && kind(of: path) == .absent ? String(path.dropLast(3)) : path
  }
}

extension Shapes.Split: JSONReadable {}
extension Emoji.Split: JSONReadable {}

/// What a person may say about a data set besides its name.
public struct DataOptions: Sendable {
  /// The split; nil takes the first, or all where there are none.
  public var split: String?
  /// Whether a path that has no such split is an error. Else a path without splits is taken whole, and one for validation
  /// does for `test`. A card's splits are its own, and always insisted on.
  public var insistsOnSplit = false
  /// Pixels on each side of drawn pictures.
  public var side = 64
  /// The seed of drawn pictures.
  public var seed: UInt64 = 0
  /// The language of emoji.
  public var language = "en"
  /// Where the pictures of a caption file are; nil looks beside it.
  public var images: String?
  /// The columns of a table; nil goes by its header.
  public var columns: CaptionTable.Columns?
  /// The folder below which cards look for their files; nil is `$DIPTYCH_DATA`, or else `data`.
  public var root: String?

  /// The defaults.
  public init() {}
}
