import Glibc

/// Calls `body`, which may make the folder `path` and those above it. Where it fails, those that were not there before and
/// are empty go again: what could not be written leaves no trace.
public func takingBackFolders<Result>(to path: String, _ body: () throws -> Result) throws -> Result {
  var absent = [String]()
  var folder = path
  while kind(of: folder) == .absent, parentFolder(folder) != folder {
    absent.append(folder)
    folder = parentFolder(folder)
  }
  do {
    return try body()
  } catch {
    // The deepest first; one that is not empty stays, and those above it too.
    for folder in absent { rmdir(folder) }
    throw error
  }
}
