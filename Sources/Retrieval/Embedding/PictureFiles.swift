import Datasets
import Files

/// Pictures by their paths, in the order given.
package struct PictureFiles: DataSet {
  private let files: [FolderEntry]
  /// How many there are.
  package var count: Int { files.count }
  /// Where they lie.
  package var paths: [String] { files.map(\.path) }

  /// Files, and all PNG and JPEG files below folders, sorted by path. A path that leads nowhere is an error; a link that
  /// does, in a folder, is a bad sample.
  package init(_ paths: [String]) throws {
    var found: [FolderEntry] = []
    for path in paths {
      let entry = FolderEntry(path)
      switch kind(of: path) {
      case .file: found.append(entry)
      case .folder:
        found += try entry.filesBelow(withLostLinks: true).filter { $0.mayBePicture(["png", "jpg", "jpeg"]) }
      case .absent: throw FileError.absent(path)
      }
    }
    files = found
  }

  /// A picture without captions.
  package func sample(at index: Int) throws -> Sample {
    let file = files[index]
    if let problem = BadSample(file) { throw problem }
    return Sample(id: file.path, picture: .file(file.path))
  }
}
