import Glibc

/// Throws where a file could not be written, its folder being absent or closed to us: to be asked before long work.
public func checkWritable(_ path: String) throws {
  guard kind(of: path) != .folder else { throw FileError("write", path, code: EISDIR) }
  var status = stat()
  let isThere = stat(path, &status) == 0
  // What is no regular file is written to as it is; a file is replaced.
  let target = isThere && status.st_mode & S_IFMT != S_IFREG ? path : parentFolder(resolved(path))
  if target != path {
    guard kind(of: target) != .file else { throw FileError("write", path, code: ENOTDIR) }
    guard kind(of: target) == .folder else { throw FileError("write", path, code: ENOENT) }
  }
  guard access(target, W_OK) == 0 else { throw FileError("write", path) }
}
