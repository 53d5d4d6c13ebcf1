import Datasets
import Files

/// Pictures by their paths, in the order given.
package struct PictureFiles: DataSet {
  private let files: [FolderEntry]
  /// How many there are.
  package var count: Int { files.count }
  /// Where they lie.
  package var paths: [String] { files.map(\.path) }

  /// Files, and all PNG and JPEG files below folders, sorted by path. A path that leads nowhere is an error.
  package init(_ paths: [String]) throws {
    var found: [FolderEntry] = []
    for path in paths {
      let entry = FolderEntry(path)
      switch kind(of: path) {
      case .file: found.append(entry)
      case .folder: found += try entry.filesBelow().filter { ["png", "jpg", "jpeg"].contains(fileExtension($0.path)) }
      case .absent: throw FileError("read", path, code: 2)
      }
    }
    files = found
  }

  /// A picture without captions.
  package func sample(at index: Int) throws -> Sample {
    let file = files[index]
    guard file.isUTF8 else { throw BadSample.misnamed(file) }
    return Sample(id: file.path, picture: .file(file.path))
  }
}
