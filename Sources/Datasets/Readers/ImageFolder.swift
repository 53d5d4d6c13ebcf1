import Files

/// A folder with a folder of pictures for each class, as torchvision's `ImageFolder` reads it; without such folders, the
/// pictures in it without classes.
public struct ImageFolder: DataSet {
  private let pictures: [(path: String, label: Int?)]
  /// The names of the folders, sorted by their bytes.
  public let classNames: [String]

  /// File names that say that a picture is inside. Those that cannot be decoded are listed as bad samples and not passed
  /// over in silence.
  static let extensions: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp", "gif", "heic", "avif",
  ]

  /// Lists a folder, recursively.
  public init(_ folder: String) throws {
    func isPicture(_ path: String) -> Bool { Self.extensions.contains(fileExtension(path)) }
    let names = try namesInFolder(folder)
    let subfolders = names.filter { $0.utf8.first != UInt8(ascii: ".") && kind(of: join(folder, $0)) == .folder }
    var classes = [(name: String, files: [String])]()
    for name in subfolders {
      classes.append((name, try filesBelow(join(folder, name)).filter(isPicture)))
    }
    let loose = names.map { join(folder, $0) }.filter { isPicture($0) && kind(of: $0) == .file }
    if loose.isEmpty {
      if let empty = classes.first(where: \.files.isEmpty), classes.contains(where: { !$0.files.isEmpty }) {
        throw DataError(join(folder, empty.name), "a class without pictures; remove the folder or fill it")
      }
      classNames = classes.map(\.name)
      pictures = classes.enumerated().flatMap { label, content in content.files.map { ($0, label) } }
    } else {
      classNames = []
      pictures = (loose + classes.flatMap(\.files)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
        ($0, nil)
      }
    }
    guard !pictures.isEmpty else { throw DataError(folder, "there are no pictures below this folder") }
  }

  /// How many pictures there are.
  public var count: Int { pictures.count }

  /// A picture with its class.
  public func sample(at index: Int) throws -> Sample {
    let (path, label) = pictures[index]
    return Sample(id: path, picture: .file(path), label: label)
  }
}
