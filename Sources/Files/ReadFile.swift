import Glibc

/// The bytes of a regular file (or pipe), or a `FileError`; a folder is an error, not an empty file.
///
/// `limit`: a file with more bytes is refused before anything is allocated for it.
public func readFile(_ path: String, limit: Int = .max) throws -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError("read", path) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw FileError("read", path) }
  guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError("read", path, code: EISDIR) }
  let expected = Int(status.st_size)
  guard expected <= limit else { throw FileTooLarge(path: path, size: expected, limit: limit) }

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

/// The lines of a text file as the command line defines them: only LF ends a line, one trailing CR is dropped, an empty
/// line is an empty text, and nothing follows the last LF.
public func readLines(_ path: String, limit: Int = .max) throws -> [String] {
  var bytes = try readFile(path, limit: limit)
  if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
  if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() } else if bytes.isEmpty { return [] }
  var lines = [String]()
  for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
    let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    guard let text = String(validating: content, as: UTF8.self) else {
      throw InvalidUTF8(path: path, line: number + 1)
    }
    lines.append(text)
  }
  return lines
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
