import Files

/// A file that grows by a line of JSON at a time, such as `metrics.jsonl`.
///
/// A line is whole or not there: one that a crash or a full disk has torn is cut off when the file is opened or the error
/// is thrown.
public final class JSONLinesFile {
  /// Where it is.
  public var path: String { file.path }
  private let file: AppendedFile

  /// Opens a file to append to it; a torn line at its end is cut off.
  ///
  /// `keeping`: on resume, the lines from the end backwards that this refuses are cut off too, up to the first
  /// that it accepts: those of steps that are done again.
  public init(_ path: String, keeping isKept: (JSONValue) -> Bool = { _ in true }) throws {
    file = try AppendedFile(path)
    try cut(keeping: isKept)
  }

  /// Cuts off the lines from the end backwards that are torn or refused, up to the first that is accepted.
  public func cut(keeping isKept: (JSONValue) -> Bool) throws {
    var end = file.length
    var lines = LinesFromTheEnd(file)
    while let line = try lines.next() {
      guard line.isWhole, let value = try? JSONValue(parsing: line.bytes), isKept(value) else {
        end = line.start
        continue
      }
      break
    }
    try file.cut(to: end)
  }

  /// Appends a line. If it cannot be written whole nothing of it stays.
  public func append(_ value: JSONValue) throws { try file.append(value.bytes() + [0x0A]) }

  /// Waits until all lines are on the disk.
  public func sync() throws { try file.sync() }
}

/// The lines of a file, last first.
private struct LinesFromTheEnd {
  struct Line {
    let start: Int
    let bytes: [UInt8]
    /// Whether a line break ends it.
    let isWhole: Bool
  }

  let file: AppendedFile
  private var windowStart: Int
  /// The bytes from `windowStart` on that were not yet handed out.
  private var window: [UInt8] = []

  init(_ file: AppendedFile) {
    self.file = file
    windowStart = file.length
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
      // The block before the window.
      let count = min(windowStart, max(1 << 16, window.count))
      window = try file.read(windowStart - count..<windowStart) + window
      windowStart -= count
    }
  }
}
