import Glibc

/// What the operating system said about a file.
public struct FileError: UserError, Equatable {
  /// The file or folder.
  public let path: String
  /// What was being done to it: `read`, `write`, …
  public let action: String
  /// The operating system's `errno`.
  public let code: Int32

  /// An error about `path`, with the `errno` of the call that has just failed unless another is given.
  public init(_ action: String, _ path: String, code: Int32 = errno) {
    self.path = path
    self.action = action
    self.code = code
  }

  /// The error that a path leads nowhere, with the reason why.
  public static func absent(_ path: String) -> FileError {
    var status = stat()
    return FileError("read", path, code: stat(path, &status) == 0 ? ENOENT : errno)
  }

  package static let circle = "its links lead in a circle"

  /// The line for people.
  public var description: String {
    "\(path): cannot \(action): \(code == ELOOP ? Self.circle : String(cString: strerror(code)).lowercased())"
  }
}

/// A file that is too large for what it is said to be.
public struct FileTooLarge: UserError, Equatable {
  /// The file.
  public let path: String
  /// Its size in bytes.
  public let size: Int
  /// The most that is accepted, in bytes.
  public let limit: Int

  /// An error about a file of `size` bytes where at most `limit` are accepted.
  public init(path: String, size: Int, limit: Int) {
    self.path = path
    self.size = size
    self.limit = limit
  }

  /// The line for people.
  public var description: String {
    "\(path): \(size) bytes, more than the \(limit) that such a file may have"
  }
}
