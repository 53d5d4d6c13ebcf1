import Files
import Glibc
import Images

/// A folder that goes away with its owner.
final class Scratch {
  let path: String

  init() throws {
    // In memory where there is such a place: the tests of damage write tens of thousands of files.
    let base = kind(of: "/dev/shm") == .folder ? "/dev/shm" : "/tmp"
    path = "\(base)/diptych-datasets-\(UInt64.random(in: 0 ... .max))"
    try makeFolder(path)
  }

  deinit { try? remove(path) }

  /// Writes a file and the folders above it; returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = join(path, name)
    if kind(of: parentFolder(file)) == .absent { try makeFolder(parentFolder(file)) }
    // Not `writeFile`, whose care for power cuts takes a millisecond.
    guard let stream = fopen(file, "wb") else { throw FileError("write", file) }
    defer { fclose(stream) }
    let content = Array(bytes)
    guard fwrite(content, 1, content.count, stream) == content.count else { throw FileError("write", file) }
    return file
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  /// Writes a small picture of one colour.
  @discardableResult
  func writePicture(_ name: String, _ color: (UInt8, UInt8, UInt8) = (10, 20, 30)) throws -> String {
    try write(name, picture(color))
  }
}

func picture(_ color: (UInt8, UInt8, UInt8) = (10, 20, 30)) throws -> [UInt8] {
  try Image(width: 4, height: 3, color: color).encodedPNG()
}
