import Glibc

/// What a path leads to.
public enum PathKind: Sendable {
  /// A regular file, pipe or device.
  case file
  /// A folder.
  case folder
  /// Nothing, or nothing that we may see.
  case absent
}

/// Follows symbolic links and tells what is there.
public func kind(of path: String) -> PathKind {
  var status = stat()
  guard stat(path, &status) == 0 else { return .absent }
  return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
}

/// A path without the slashes that words of a shell may end with; `/` stays.
private func withoutFinalSlashes(_ path: String) -> String {
  let slashes = path.utf8.reversed().prefix { $0 == UInt8(ascii: "/") }.count
  if slashes == 0 { return path }
  return slashes == path.utf8.count ? "/" : String(Substring(path.utf8.dropLast(slashes)))
}

/// The folder that holds `path`: `a/b` → `a`, `b` → `.`, `/b` → `/`. A slash at the end says nothing: `a/b/` → `a`.
public func parentFolder(_ path: String) -> String {
  let path = withoutFinalSlashes(path)
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The last part of a path, a slash at the end left out.
public func fileName(_ path: String) -> String {
  let path = withoutFinalSlashes(path)
  guard path != "/" else { return "" }
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
  return String(path[path.utf8.index(after: slash)...])
}

/// The ending of a file's name in lower case and without its dot; empty if it has none.
public func fileExtension(_ path: String) -> String {
  let name = fileName(path)
  guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return "" }
  return name[name.utf8.index(after: dot)...].lowercased()
}

/// Joins two parts of a path; an absolute second part stands for itself.
public func join(_ folder: String, _ path: String) -> String {
  if path.utf8.first == UInt8(ascii: "/") || folder.isEmpty { return path }
  return folder.utf8.last == UInt8(ascii: "/") ? folder + path : folder + "/" + path
}

/// The path from the root on, without `.` and `..` and doubled or final slashes. Links are not followed.
public func absolutePath(_ path: String) -> String {
  var whole = path
  if path.utf8.first != UInt8(ascii: "/"), let working = getcwd(nil, 0) {
    defer { free(working) }
    whole = String(cString: working) + "/" + path
  }
  var parts = [Substring]()
  for part in whole.split(separator: "/") where part != "." {
    if part == ".." { _ = parts.popLast() } else { parts.append(part) }
  }
  return "/" + parts.joined(separator: "/")
}

/// Makes a folder and those above it; an existing folder is fine.
public func makeFolder(_ path: String) throws {
  if kind(of: path) == .folder { return }
  if mkdir(path, 0o755) == 0 { return }
  let code = errno
  guard code == ENOENT else {
    if kind(of: path) == .folder { return }
    throw FileError("create the folder", path, code: code)
  }
  let parent = parentFolder(path)
  guard parent != path else { throw FileError("create the folder", path, code: code) }
  try makeFolder(parent)
  guard mkdir(path, 0o755) == 0 || kind(of: path) == .folder else { throw FileError("create the folder", path) }
}

/// The names inside a folder, sorted by their bytes, without `.` and `..`. Bytes that are not UTF-8 stand there as `\xE9`.
public func namesInFolder(_ path: String) throws -> [String] {
  try FolderEntry(path).names().map { String(validating: $0, as: UTF8.self) ?? withEscapes($0) }
}

/// All regular files below a folder whose paths are UTF-8, sorted by path. Links to folders are followed once: a loop ends.
public func filesBelow(_ folder: String) throws -> [String] {
  try FolderEntry(folder).filesBelow().filter(\.isUTF8).map(\.path)
}

/// Removes a file, or a folder with all that is in it; what does not exist is fine.
public func remove(_ path: String) throws {
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  if status.st_mode & S_IFMT == S_IFDIR {
    for name in try namesInFolder(path) { try remove(join(path, name)) }
    guard rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
  } else {
    guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
  }
}
