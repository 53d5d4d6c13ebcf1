import Glibc

/// A file that is read in pieces, from any thread.
public final class RandomAccessFile: Sendable {
  /// Where the file is.
  public let path: String
  /// How many bytes it had when it was opened.
  public let size: Int
  private let descriptor: Int32

  /// Opens a regular file.
  public init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("read", path) }
    var status = stat()
    let code = fstat(descriptor, &status) == 0 ? (status.st_mode & S_IFMT == S_IFDIR ? EISDIR : 0) : errno
    size = Int(status.st_size)
    // All is initialised: where this throws, deinit closes the file.
    guard code == 0 else { throw FileError("read", path, code: code) }
  }

  deinit { close(descriptor) }

  /// Fills a buffer from an offset on. A file that ends before, having been cut since it was opened, is an error.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    try readFully(descriptor, at: offset, into: buffer, path: path)
  }

  /// So many bytes from an offset on.
  public func read(at offset: Int, count: Int) throws -> [UInt8] {
    // An empty array's length would be written into memory that all threads share.
    if count == 0 { return [] }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try read(at: offset, into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<count])))
      filled = count
    }
  }
}

/// Fills a buffer from an offset of an open file on.
func readFully(_ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer, path: String) throws {
  var filled = 0
  while filled < buffer.count {
    let n = pread(
      descriptor, buffer.baseAddress.map { $0 + filled }, min(buffer.count - filled, 1 << 30), offset + filled)
    if n < 0 && errno == EINTR { continue }
    guard n >= 0 else { throw FileError("read", path) }
    guard n > 0 else { throw FileEndsEarly(path: path) }
    filled += n
  }
}

/// A file that is shorter than what it should hold.
public struct FileEndsEarly: UserError, Equatable {
  /// The file.
  public let path: String

  /// An error about a file.
  public init(path: String) { self.path = path }

  /// The line for people.
  public var description: String {
    "\(path): the file ends before its content does; it was cut or is still being written"
  }
}
