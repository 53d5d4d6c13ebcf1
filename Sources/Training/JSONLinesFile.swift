import Files
import Glibc
import JSON

/// A file that grows by a line of JSON at a time, such as `metrics.jsonl`.
///
/// A line is whole or not there: one that a crash or a full disk has torn is cut off when the file is opened or the error
/// is thrown.
public final class JSONLinesFile {
  /// Where it is.
  public let path: String
  private let descriptor: Int32
  private var length: Int

  /// Opens a file to append to it; a torn line at its end is cut off.
  ///
  /// - Parameter keeping: on resume, the lines from the end backwards that this refuses are cut off too, up to the first
  ///   that it accepts: those of steps that are done again.
  public init(_ path: String, keeping isKept: (JSONValue) -> Bool = { _ in true }) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("write", path) }
    length = Int(lseek(descriptor, 0, SEEK_END))
    var end = length
    var lines = LinesFromTheEnd(descriptor: descriptor, length: length, path: path)
    while let line = try lines.next() {
      guard line.isWhole, let value = try? JSONValue(parsing: line.bytes), isKept(value) else {
        end = line.start
        continue
      }
      break
    }
    guard end == length || ftruncate(descriptor, off_t(end)) == 0 else { throw FileError("write", path) }
    length = end
  }

  deinit { close(descriptor) }

  /// Appends a line. If it cannot be written whole nothing of it stays.
  public func append(_ value: JSONValue) throws {
    try DiskFault.strike("write", path)
    let line = value.bytes() + [0x0A]
    var written = 0
    while written < line.count {
      let n = line.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + written }, line.count - written, off_t(length + written))
      }
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else {
        let code = errno
        ftruncate(descriptor, off_t(length))
        throw FileError("write", path, code: code)
      }
      written += n
    }
    length += line.count
  }

  /// Waits until all lines are on the disk.
  public func sync() throws {
    try DiskFault.strike("write", path)
    guard fsync(descriptor) == 0 else { throw FileError("write", path) }
  }
}

/// The lines of a file, last first.
private struct LinesFromTheEnd {
  struct Line {
    let start: Int
    let bytes: [UInt8]
    /// Whether a line break ends it.
    let isWhole: Bool
  }

  let descriptor: Int32
  let path: String
  private var windowStart: Int
  /// The bytes from `windowStart` on that were not yet handed out.
  private var window: [UInt8] = []

  init(descriptor: Int32, length: Int, path: String) {
    self.descriptor = descriptor
    self.path = path
    windowStart = length
  }

  mutating func next() throws -> Line? {
    while true {
      let isWhole = window.last == 0x0A
      let body = window.dropLast(isWhole ? 1 : 0)
      if let lineBreak = body.lastIndex(of: 0x0A) {
        let line = Line(start: windowStart + lineBreak + 1, bytes: Array(body[(lineBreak + 1)...]), isWhole: isWhole)
        window.removeSubrange((lineBreak + 1)...)
        return line
      }
      if windowStart == 0 {
        if window.isEmpty { return nil }
        defer { window = [] }
        return Line(start: 0, bytes: Array(body), isWhole: isWhole)
      }
      try extend()
    }
  }

  /// Reads the block before the window.
  private mutating func extend() throws {
    let count = min(windowStart, max(1 << 16, window.count))
    windowStart -= count
    let block = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let n = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(windowStart + filled))
        if n < 0 && errno == EINTR { continue }
        guard n > 0 else { throw n < 0 ? FileError("read", path) : FileEndsEarly(path: path) }
        filled += n
      }
    }
    window = block + window
  }
}
