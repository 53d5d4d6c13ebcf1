import Glibc

/// A file that grows at its end by whole records: lines of a log, events.
///
/// A record is whole or not there: what a full disk has torn is cut off when the error is thrown; what a crash has torn is
/// cut off by whoever opens the file and knows what a whole record is.
public final class AppendedFile {
  /// Where it is.
  public let path: String
  /// How many bytes it has.
  public private(set) var length: Int
  private let descriptor: Int32

  /// Opens a file, or makes an empty one.
  public init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("write", path) }
    length = Int(lseek(descriptor, 0, SEEK_END))
  }

  deinit { close(descriptor) }

  /// Appends a record. If it cannot be written whole nothing of it stays.
  public func append(_ record: [UInt8]) throws {
    try DiskFault.strike("write", path)
    var written = 0
    while written < record.count {
      let n = record.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + written }, record.count - written, off_t(length + written))
      }
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else {
        let code = errno
        ftruncate(descriptor, off_t(length))
        throw FileError("write", path, code: code)
      }
      written += n
    }
    length += record.count
  }

  /// Cuts off what lies behind a place.
  public func cut(to length: Int) throws {
    guard length != self.length else { return }
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw FileError("write", path) }
    self.length = length
  }

  /// Some of its bytes.
  public func read(_ range: Range<Int>) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    try bytes.withUnsafeMutableBytes { try readFully(descriptor, at: range.lowerBound, into: $0, path: path) }
    return bytes
  }

  /// Waits until all records are on the disk.
  public func sync() throws {
    try DiskFault.strike("write", path)
    guard fsync(descriptor) == 0 else { throw FileError("write", path) }
  }
}
