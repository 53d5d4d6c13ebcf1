import Glibc

/// A file that appears whole or not at all.
///
/// It is written beside its final place, flushed to the disk, and renamed; whoever reads the final path sees either the
/// former content or the new one, after a crash too. Forgetting to call ``commit()`` leaves the former content. A link is
/// followed to its file. A device or a pipe (`/dev/stdout`) cannot be replaced, and is written to as it is.
public struct AtomicFile: ~Copyable {
  private let path: String
  private let temporary: String?
  private var descriptor: Int32
  private var pending: [UInt8] = []

  /// Opens a temporary file beside `path`.
  public init(_ path: String) throws {
    var status = stat()
    let isThere = stat(path, &status) == 0
    if isThere, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR {
      self.path = path
      temporary = nil
    } else {
      self.path = resolved(path)
      temporary = "\(self.path).partial-\(getpid())"
    }
    descriptor = open(temporary ?? path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let code = errno
      throw FileError("write", path, code: code)
    }
  }

  /// Appends bytes.
  public mutating func write(_ bytes: some Sequence<UInt8>) throws {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 18 { try flush() }
  }

  /// Appends the memory of a buffer.
  public mutating func write(_ buffer: UnsafeRawBufferPointer) throws {
    try flush()
    try writeFully(descriptor, buffer, path: path)
  }

  private mutating func flush() throws {
    try pending.withUnsafeBytes { try writeFully(descriptor, $0, path: path) }
    pending.removeAll(keepingCapacity: true)
  }

  /// Puts the file in its place. After this returns it survives a power cut.
  public consuming func commit() throws {
    try flush()
    guard fsync(descriptor) == 0 || temporary == nil else { throw FileError("write", path) }
    // A full disk may be reported only here.
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw FileError("write", path) }
    guard let temporary else { return }
    guard rename(temporary, path) == 0 else { throw FileError("write", path) }
    try syncFolder(of: path)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    // After a commit the temporary name is gone and this does nothing.
    if let temporary { unlink(temporary) }
  }
}

/// The file that a link leads to; the path itself if it is no link, or leads to nothing.
private func resolved(_ path: String) -> String {
  var status = stat()
  guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let target = realpath(path, nil) else {
    return path
  }
  defer { free(target) }
  return String(cString: target)
}

/// Writes a whole file atomically.
public func writeFile(_ path: String, _ bytes: some Sequence<UInt8>) throws {
  var file = try AtomicFile(path)
  try file.write(bytes)
  try file.commit()
}

/// Writes a whole text file atomically.
public func writeFile(_ path: String, _ text: String) throws {
  try writeFile(path, text.utf8)
}

func writeFully(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer, path: String) throws {
  var written = 0
  while written < buffer.count {
    let n = Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, min(buffer.count - written, 1 << 30))
    if n < 0 && errno == EINTR { continue }
    guard n > 0 else { throw FileError("write", path) }
    written += n
  }
}

/// Makes the names inside the folder of `path` durable.
public func syncFolder(of path: String) throws {
  let folder = parentFolder(path)
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError("write", folder) }
  defer { close(descriptor) }
  // Some file systems cannot sync a folder and say EINVAL; there is nothing more to be done there.
  guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError("write", folder) }
}

/// Gives a finished folder its name: its files and names are on the disk before, the new name after.
public func renameFolder(_ path: String, to final: String) throws {
  try syncFolder(of: join(path, "."))
  guard rename(path, final) == 0 else { throw FileError("write", final) }
  try syncFolder(of: final)
}
