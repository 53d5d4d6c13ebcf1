import Glibc

/// Throws where a file could not be written, its folder being absent or closed to us, or would take the place of one of
/// the inputs: to be asked before long work.
public func checkWritable(_ path: String, besides inputs: [String] = []) throws {
  guard kind(of: path) != .folder, path.utf8.last != UInt8(ascii: "/") else {
    throw FileError("write", path, code: EISDIR)
  }
  var status = stat()
  let isThere = stat(path, &status) == 0
  // What is no regular file is written to as it is; a file is replaced.
  let target = isThere && status.st_mode & S_IFMT != S_IFREG ? path : parentFolder(resolved(path))
  if target != path {
    guard kind(of: target) != .file else { throw FileError("write", path, code: ENOTDIR) }
    guard kind(of: target) == .folder else { throw FileError("write", path, code: ENOENT) }
  }
  guard access(target, W_OK) == 0 else { throw FileError("write", path) }
  guard isThere, status.st_mode & S_IFMT == S_IFREG else { return }
  for input in inputs {
    var other = stat()
    if stat(input, &other) == 0, other.st_dev == status.st_dev, other.st_ino == status.st_ino {
      throw OutputIsInput(path: path)
    }
  }
}

/// A result that would take the place of what it is made from.
private struct OutputIsInput: UserError {
  let path: String
  var description: String { "\(path): is what is read here, and would be lost; name another file for the result" }
}
