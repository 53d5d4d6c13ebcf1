import Files

/// A folder with a folder of pictures for each class, as torchvision's `ImageFolder` reads it; without such folders, the
/// pictures in it without classes.
public struct ImageFolder: DataSet {
  private let pictures: [(file: FolderEntry, label: Int?)]
  /// The names of the folders, sorted by their bytes.
  public let classNames: [String]

  /// File names that say that a picture is inside. Those that cannot be decoded are listed as bad samples and not passed
  /// over in silence.
  static let extensions: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "gif", "heic", "avif",
  ]

  /// Lists a folder, recursively.
  public init(_ folder: String) throws {
    func isPicture(_ file: FolderEntry) -> Bool { file.mayBePicture(Self.extensions) }
    let entries = try FolderEntry(folder).entries()
    var classes = [(folder: FolderEntry, files: [FolderEntry])]()
    for entry in entries where entry.kind == .folder && entry.name.utf8.first != UInt8(ascii: ".") {
      classes.append((entry, try entry.filesBelow(withLostLinks: true).filter(isPicture)))
    }
    let loose = entries.filter { $0.kind == .file && isPicture($0) }
    // Beside folders of classes that may have been one of them.
    let lost = entries.filter { $0.kind == .lostLink && isPicture($0) }
    if loose.isEmpty, !classes.isEmpty || lost.isEmpty {
      if let empty = classes.first(where: \.files.isEmpty), classes.contains(where: { !$0.files.isEmpty }) {
        throw DataError(empty.folder.path, "a class without pictures; remove the folder or fill it")
      }
      classNames = classes.map(\.folder.name)
      pictures =
        classes.enumerated().flatMap { label, content in content.files.map { ($0, label) } } + lost.map { ($0, nil) }
    } else {
      classNames = []
      let all = loose + lost + classes.flatMap(\.files)
      pictures = all.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }.map { ($0, nil) }
    }
    guard !pictures.isEmpty else { throw DataError(folder, "there are no pictures below this folder") }
  }

  /// How many pictures there are.
  public var count: Int { pictures.count }

  /// A picture with its class.
  public func sample(at index: Int) throws -> Sample {
    let (file, label) = pictures[index]
    if let problem = BadSample(file) { throw problem }
    return Sample(id: file.path, picture: .file(file.path), label: label)
  }
}

extension FolderEntry {
  /// Whether its name has one of these endings; a link that leads nowhere may have been one to a folder, and has none then.
  package func mayBePicture(_ extensions: Set<String>) -> Bool {
    let ending = fileExtension(path)
    return extensions.contains(ending) || kind == .lostLink && ending.isEmpty
  }
}
