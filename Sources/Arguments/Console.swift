import Files
import Glibc
import Synchronization

/// Where a command's output goes: results to standard output, everything else to standard error.
public final class Console: Sendable {
  /// Whether messages are left out.
  public let isQuiet: Bool
  /// Whether standard output is a terminal.
  public let printsToTerminal: Bool
  private let pending = Mutex<[UInt8]>([])

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    printsToTerminal = isatty(STDOUT_FILENO) == 1
  }

  /// Prints a line of results. It may stay in memory until the command ends or ``flush()`` is called.
  public func print(_ line: String) throws {
    try print(bytes: line.withoutControls.utf8)
    try print(bytes: CollectionOfOne(UInt8(ascii: "\n")))
  }

  /// Prints bytes as they are.
  public func print(bytes: some Sequence<UInt8>) throws {
    let isFull = pending.withLock { pending in
      pending.append(contentsOf: bytes)
      return pending.count >= 1 << 16 || (printsToTerminal && pending.last == UInt8(ascii: "\n"))
    }
    if isFull { try flush() }
  }

  /// Writes out what was printed. A disk that is full is an error, and so is a reader that went away.
  public func flush() throws {
    try pending.withLock { pending in
      // Whatever happens, nothing is written twice.
      defer { pending.removeAll(keepingCapacity: true) }
      try pending.withUnsafeBytes { try Self.writeFully(STDOUT_FILENO, $0) }
    }
  }

  /// Prints a message for people, unless they asked for quiet.
  public func note(_ line: String) {
    if !isQuiet { Self.writeError(line) }
  }

  /// Prints a line about something that failed, which quiet does not silence.
  public func complain(_ line: String) { Self.writeError(line) }

  /// Prints a message that quiet does not silence. Whether anybody reads it does not matter to the work.
  static func writeError(_ line: String) {
    _ = try? Array("\(line.withoutControls)\n".utf8).withUnsafeBytes { try writeFully(STDERR_FILENO, $0) }
  }

  private static func writeFully(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws {
    var written = 0
    while written < bytes.count {
      let n = write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else {
        throw errno == EPIPE ? OutputError.readerIsGone : .failed(FileError("write", "standard output"))
      }
      written += n
    }
  }
}

/// Why results could not be printed.
enum OutputError: Error {
  /// `diptych … | head` has seen enough: no failure.
  case readerIsGone
  /// The disk is full, or standard output is closed.
  case failed(FileError)
}

/// Makes descriptors 0 to 2 safe: where one is closed, the first file to be opened would take its place and receive what
/// is printed.
func occupyStandardDescriptors() {
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
    // Read-only for output: writing to it fails, as it does to a closed one.
    _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
  }
}

extension String {
  /// For terminals: control characters of names and captions, which might move the cursor or worse, as `\u{1B}`. Only
  /// line feeds and tabs stay.
  package var withoutControls: String { escaping { $0 != "\n" && $0 != "\t" } }

  /// The same without line feeds and tabs: what is to be one column of a line.
  package var onOneLine: String { escaping { _ in true } }

  private func escaping(_ isMeant: (Unicode.Scalar) -> Bool) -> String {
    func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .control && isMeant(scalar)
    }
    guard unicodeScalars.contains(where: isEscaped) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      text += isEscaped(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
    }
  }
}
