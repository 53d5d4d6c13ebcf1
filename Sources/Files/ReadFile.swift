import Glibc

/// The bytes of a regular file (or pipe), or a `FileError`; a folder is an error, not an empty file.
///
/// `limit`: a file with more bytes is refused before anything is allocated for it.
public func readFile(_ path: String, limit: Int = .max) throws -> [UInt8] {
  let (descriptor, expected) = try openToTheEnd(path, limit: limit)
  defer { close(descriptor) }

  // One byte more than the size, so that the usual file ends with a read of zero and without a second allocation.
  var bytes = [UInt8]()
  var room = expected + 1
  while true {
    let count = try [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
      filled = try readFully(descriptor, into: UnsafeMutableRawBufferPointer(buffer), path: path)
    }
    if bytes.isEmpty { bytes = count } else { bytes += count }
    guard bytes.count <= limit else { throw FileTooLarge(path: path, size: bytes.count, limit: limit) }
    if count.count < room { return bytes }
    room = max(1 << 16, bytes.count)
  }
}

/// Opens what can be read to its end, and tells how many bytes that will be, which a pipe does not know.
func openToTheEnd(_ path: String, limit: Int) throws -> (descriptor: Int32, size: Int) {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError("read", path) }
  do {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("read", path) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw FileError("read", path, code: EISDIR)
    // A terminal ends where somebody says so, and nothing is at its end at once.
    case S_IFCHR where isatty(descriptor) == 0 && status.st_rdev != nullDevice: throw EndlessFile(path: path)
    case S_IFBLK: throw EndlessFile(path: path)
    default: break
    }
    let size = Int(status.st_size)
    guard size <= limit else { throw FileTooLarge(path: path, size: size, limit: limit) }
    return (descriptor, size)
  } catch {
    close(descriptor)
    throw error
  }
}

/// The number of `/dev/null`: major 1, minor 3.
private let nullDevice = dev_t(1 << 8 | 3)

/// A device such as `/dev/zero`, where a file was expected.
public struct EndlessFile: UserError, Equatable {
  /// The device.
  public let path: String

  /// An error about a device.
  public init(path: String) { self.path = path }

  /// The line for people.
  public var description: String { "\(path): is a device, which has no end to read to; give a file or a pipe" }
}

/// Reads until the buffer is full or the file ends; returns how many bytes were read.
func readFully(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, path: String) throws -> Int {
  var filled = 0
  while filled < buffer.count {
    let n = read(descriptor, buffer.baseAddress.map { $0 + filled }, min(buffer.count - filled, 1 << 30))
    if n < 0 && errno == EINTR { continue }
    guard n >= 0 else { throw FileError("read", path) }
    if n == 0 { break }
    filled += n
  }
  return filled
}

/// The text of a UTF-8 file. A byte-order mark at the start is dropped; invalid UTF-8 is an error that names the line.
public func readText(_ path: String, limit: Int = .max) throws -> String {
  var bytes = try readFile(path, limit: limit)
  if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw InvalidUTF8(path: path, line: firstInvalidLine(of: bytes))
  }
  return text
}

/// A text file that is not UTF-8.
public struct InvalidUTF8: UserError, Equatable {
  /// The file.
  public let path: String
  /// The first line that is not valid, counted from 1.
  public let line: Int

  /// An error about a line, counted from 1.
  public init(path: String, line: Int) {
    self.path = path
    self.line = line
  }

  /// The line for people.
  public var description: String { "\(path): line \(line) is not valid UTF-8; convert the file to UTF-8" }
}

private func firstInvalidLine(of bytes: [UInt8]) -> Int {
  let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
}
