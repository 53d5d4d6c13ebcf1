import Files

/// A text that is not JSON, with the place where it stops being so.
public struct JSONError: UserError, Equatable {
  /// The file, or what else the text came from.
  public let source: String
  /// The line, counted from 1.
  public let line: Int
  /// The character in that line, counted from 1.
  public let column: Int
  /// What is wrong there.
  public let problem: String

  /// An error at a byte of a text.
  init(_ problem: String, at offset: Int, of bytes: UnsafeBufferPointer<UInt8>, source: String) {
    self.source = source
    self.problem = problem
    let before = bytes[..<min(offset, bytes.count)]
    line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    // Bytes 10xxxxxx continue a character.
    column = 1 + before[start...].count { $0 & 0xC0 != 0x80 }
  }

  /// The line for people.
  public var description: String { "\(source):\(line):\(column): \(problem)" }
}

/// A JSON value that is not what its place asks for.
public struct JSONFieldError: UserError, Equatable {
  /// The file, or what else the text came from.
  public let source: String
  /// The keys that lead to the value: `optimizer.betas[1]`; empty for the whole.
  public let path: String
  /// What is wrong with it.
  public let problem: String

  /// An error about a value.
  public init(source: String, path: String, problem: String) {
    self.source = source
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  public var description: String { path.isEmpty ? "\(source): \(problem)" : "\(source): \(path): \(problem)" }
}
