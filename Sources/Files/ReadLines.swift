import Glibc

/// The lines of a text file as the command line defines them: only LF ends a line, one trailing CR is dropped, an empty
/// line is an empty text, and nothing follows the last LF.
///
/// They are looked at as they come, so that what is no text ends with the line at fault and not when memory does.
public func readLines(_ path: String, limit: Int = .max) throws -> [String] {
  let (descriptor, _) = try openToTheEnd(path, limit: limit)
  defer { close(descriptor) }
  var lines = LineReader(path: path)
  let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  defer { piece.deallocate() }
  var total = 0
  while true {
    let count = try readFully(descriptor, into: piece, path: path)
    total += count
    guard total <= limit else { throw FileTooLarge(path: path, size: total, limit: limit) }
    try lines.take(UnsafeRawBufferPointer(rebasing: piece[..<count]), isFirst: total == count)
    if count < piece.count { return try lines.finish() }
  }
}

/// Cuts bytes that come in pieces into lines.
private struct LineReader {
  /// What no caption, word or path comes near: more is no text with a line a text.
  static let longest = 1 << 24

  let path: String
  private var lines = [String]()
  /// The beginning of a line whose end has not come yet.
  private var rest = [UInt8]()

  init(path: String) { self.path = path }

  mutating func take(_ piece: UnsafeRawBufferPointer, isFirst: Bool) throws {
    var start = isFirst && piece.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while let found = Self.lineEnd(of: piece, from: start) {
      let line = UnsafeRawBufferPointer(rebasing: piece[start..<found])
      if rest.isEmpty {
        try add(line)
      } else {
        try keep(line)
        try rest.withUnsafeBytes { try add($0) }
        rest.removeAll(keepingCapacity: true)
      }
      start = found + 1
    }
    try keep(UnsafeRawBufferPointer(rebasing: piece[start...]))
  }

  mutating func finish() throws -> [String] {
    if !rest.isEmpty { try rest.withUnsafeBytes { try add($0) } }
    return lines
  }

  private static func lineEnd(of piece: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = piece.baseAddress else { return nil }
    return memchr(base + start, 0x0A, piece.count - start).map { UnsafeRawPointer($0) - base }
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer) throws {
    rest.append(contentsOf: bytes)
    guard rest.count <= Self.longest else { throw LineTooLong(path: path, line: lines.count + 1, limit: Self.longest) }
  }

  private mutating func add(_ line: UnsafeRawBufferPointer) throws {
    let content = UnsafeRawBufferPointer(rebasing: line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...])
    guard let text = String(validating: content, as: UTF8.self) else {
      throw InvalidUTF8(path: path, line: lines.count + 1)
    }
    lines.append(text)
  }
}

/// A line that is too long for a text.
public struct LineTooLong: UserError, Equatable {
  /// The file.
  public let path: String
  /// The line, counted from 1.
  public let line: Int
  /// The most bytes that a line may have.
  public let limit: Int

  /// An error about a line, counted from 1, and the most bytes that it may have.
  public init(path: String, line: Int, limit: Int) {
    self.path = path
    self.line = line
    self.limit = limit
  }

  /// The line for people.
  public var description: String {
    "\(path): line \(line) has more than \(limit >> 20) MB; a text file with a text a line is needed"
  }
}
