import Glibc

/// Fills a folder that appears whole or not at all, and returns what `body` does.
///
/// `body` gets the path of another folder to write into. That gets its place when all of it is on the disk; where
/// `body` fails it goes, and what a killed process has left of it goes when somebody fills the same folder next.
///
/// A folder that is there already keeps what it has and gets the files that were made, each whole, one after the other.
///
/// - `replaces`: whether what is there goes instead.
public func writeFolder<Result>(
  _ path: String, replaces: Bool = false, _ body: (_ partial: String) throws -> Result
) throws -> Result {
  let isThere = kind(of: path) == .folder
  guard isThere || kind(of: path) == .absent else { throw FileError("create the folder", path, code: EEXIST) }
  let partial = partialFolder(path, isInside: isThere && !replaces)
  do {
    try remove(partial)
    try makeFolder(partial)
    let result = try body(partial)
    if isThere && !replaces {
      try moveFiles(of: partial, to: path)
    } else {
      if isThere { try remove(path) }
      try renameFolder(partial, to: path)
    }
    return result
  } catch {
    try? remove(partial)
    // Who asked for a folder knows nothing of the other one.
    guard let error = error as? FileError, error.path.utf8.starts(with: partial.utf8) else { throw error }
    throw FileError(error.action, path + String(error.path.dropFirst(partial.count)), code: error.code)
  }
}

/// Beside a folder that is to be; inside of one that is there and may lie on another disk than the one above it.
private func partialFolder(_ path: String, isInside: Bool) -> String {
  if isInside { return join(path, ".partial") }
  let name = path.utf8.last == UInt8(ascii: "/") ? absolutePath(path) : path
  return join(parentFolder(name), ".partial-\(fileName(name))")
}

private func moveFiles(of partial: String, to folder: String) throws {
  for name in try namesInFolder(partial) {
    let final = join(folder, name)
    try DiskFault.strike("write", final)
    guard rename(join(partial, name), final) == 0 else { throw FileError("write", final) }
  }
  try remove(partial)
  try syncFolder(of: join(folder, "."))
}
