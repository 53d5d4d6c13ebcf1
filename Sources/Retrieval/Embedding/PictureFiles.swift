import Datasets
import Files

/// Pictures by their paths, in the order given.
package struct PictureFiles: DataSet {
  /// Where they lie.
  package let paths: [String]
  /// How many there are.
  package var count: Int { paths.count }

  /// Files, and all PNG and JPEG files below folders, sorted by path. A path that leads nowhere is an error.
  package init(_ paths: [String]) throws {
    var found: [String] = []
    for path in paths {
      switch kind(of: path) {
      case .file: found.append(path)
      case .folder: found += try filesBelow(path).filter { ["png", "jpg", "jpeg"].contains(fileExtension($0)) }
      case .absent: throw FileError("read", path, code: 2)
      }
    }
    self.paths = found
  }

  /// A picture without captions.
  package func sample(at index: Int) -> Sample { Sample(id: paths[index], picture: .file(paths[index])) }
}
