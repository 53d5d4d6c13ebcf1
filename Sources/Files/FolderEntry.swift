import Glibc

/// Something in a folder.
///
/// The system's names are bytes, and paths are texts here. What has a name that is not UTF-8 can be shown and counted, but
/// not opened.
public struct FolderEntry: Sendable {
  /// What kinds of things count.
  public enum Kind: Sendable {
    /// A regular file, or a link to one.
    case file
    /// A folder, or a link to one.
    case folder
    /// A pipe, a device or a socket.
    case other
    /// A link that leads to nothing, or in a circle.
    case lostLink
  }

  /// Its path; bytes that are not UTF-8 stand there as `\xE9`.
  public let path: String
  /// Whether the path leads there, being UTF-8.
  public let isUTF8: Bool
  /// What it is.
  public let kind: Kind
  /// The path as the system has it, with a zero at its end.
  private let bytes: [CChar]

  private init(path: String, isUTF8: Bool, bytes: [CChar]) {
    self.path = path
    self.isUTF8 = isUTF8
    self.bytes = bytes
    var status = stat()
    if stat(bytes, &status) == 0 {
      kind =
        switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        default: .other
        }
    } else {
      let code = errno
      let isLost = [ENOENT, ENOTDIR, ELOOP].contains(code) && lstat(bytes, &status) == 0
      kind = isLost ? .lostLink : .other
    }
  }

  /// What a path leads to.
  public init(_ path: String) { self.init(path: path, isUTF8: true, bytes: Array(path.utf8CString)) }

  /// Its last part.
  public var name: String { fileName(path) }

  /// What is in this folder, sorted by the names' bytes.
  public func entries() throws -> [FolderEntry] {
    let slash = bytes.dropLast().last == CChar(UInt8(ascii: "/")) ? [] : [CChar(UInt8(ascii: "/"))]
    return try names().map { name in
      let text = String(validating: name, as: UTF8.self)
      return FolderEntry(
        path: join(path, text ?? withEscapes(name)), isUTF8: isUTF8 && text != nil,
        bytes: bytes.dropLast() + slash + name.map { CChar(bitPattern: $0) } + [0])
    }
  }

  /// All regular files below this folder, sorted by path. Links to folders are followed once: a loop ends.
  ///
  /// - `withLostLinks`: whether links that lead nowhere count too: who asks for all pictures wants to hear of them.
  public func filesBelow(withLostLinks: Bool = false) throws -> [FolderEntry] {
    var found = [FolderEntry]()
    var seen = Set<[UInt64]>()
    func walk(_ folder: FolderEntry) throws {
      // With the right to list it alone, what is in it would look like nothing.
      if access(folder.bytes, R_OK | X_OK) != 0, errno == EACCES { throw ClosedFolder(path: folder.path) }
      var status = stat()
      guard stat(folder.bytes, &status) == 0 else { throw FileError("list", folder.path) }
      guard seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted else { return }
      for entry in try folder.entries() {
        switch entry.kind {
        case .file: found.append(entry)
        case .folder: try walk(entry)
        case .lostLink: if withLostLinks { found.append(entry) }
        case .other: break
        }
      }
    }
    try walk(self)
    return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The names in this folder, sorted, without `.` and `..`.
  func names() throws -> [[UInt8]] {
    guard let stream = opendir(bytes) else { throw FileError("list", path) }
    defer { closedir(stream) }
    var names = [[UInt8]]()
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw FileError("list", path) }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}

/// A folder that may not be looked into, where all that is in it was asked for.
public struct ClosedFolder: UserError, Equatable {
  /// The folder.
  public let path: String

  /// The line for people.
  public var description: String {
    "\(FileError("list", path, code: EACCES)); make the folder readable, or move it elsewhere"
  }
}

/// A name as text: bytes that are not UTF-8 as `\xE9`.
package func withEscapes(_ name: [UInt8]) -> String {
  var (text, rest) = ("", name[...])
  while let byte = rest.first {
    let letter = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self) }.first
    let digits = String(byte, radix: 16, uppercase: true)
    text += letter ?? "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
    rest = rest.dropFirst(letter?.utf8.count ?? 1)
  }
  return text
}
