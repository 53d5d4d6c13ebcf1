import Files
import Glibc

/// A regular file that is read in pieces.
final class RegularFile: Sendable {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(_ path: String) throws {
    self.path = path
    // Without O_NONBLOCK, opening a named pipe would wait for its other end.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      size = 0
      throw FileError("read", path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      size = 0
      throw FileError("read", path)
    }
    size = Int(status.st_size)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError("read", path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The bytes from an offset on: `count` of them, or fewer where the file ends.
  func read(at offset: Int, count: Int) throws -> [UInt8] {
    let count = max(0, min(count, size - offset))
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let n = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, min(count - filled, 1 << 30), off_t(offset + filled))
        if n < 0 && errno == EINTR { continue }
        guard n >= 0 else { throw FileError("read", path) }
        if n == 0 { break }
        filled += n
      }
    }
  }
}
