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
    try DiskFault.strike("write", path)
    let target = resolved(path)
    let opened = try Self.isDevice(path) ? Self.openDevice(path) : Self.openTemporary(beside: target)
    self.path = opened.name == nil ? path : target
    temporary = opened.name
    descriptor = opened.descriptor
  }

  /// Whether something is there that is neither a file nor a folder.
  private static func isDevice(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
  }

  private static func openDevice(_ path: String) throws -> (name: String?, descriptor: Int32) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("write", path) }
    return (nil, descriptor)
  }

  /// The temporary file has the same name each time, so that what a killed process has left is written over by the next
  /// one and does not stay for ever. A lock tells such a remainder from a file that another process is writing now; then
  /// this one takes a name of its own.
  private static func openTemporary(beside path: String) throws -> (name: String?, descriptor: Int32) {
    let names = ["\(path).partial"] + (1..<100).map { "\(path).partial-\(getpid())-\($0)" }
    for name in names {
      let descriptor = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw FileError("write", path) }
      // File systems without locks give another error, and then there is nothing to wait for.
      let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
      if !isTaken, isSame(descriptor, name), ftruncate(descriptor, 0) == 0 { return (name, descriptor) }
      close(descriptor)
    }
    throw FileError("write", path, code: EBUSY)
  }

  /// Whether a name still leads to an open file: its former owner may have renamed it before it let go of the lock.
  private static func isSame(_ descriptor: Int32, _ name: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && stat(name, &named) == 0 && opened.st_ino == named.st_ino
      && opened.st_dev == named.st_dev
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
    if pending.isEmpty { return }
    try pending.withUnsafeBytes { try writeFully(descriptor, $0, path: path) }
    pending.removeAll(keepingCapacity: true)
  }

  /// Puts the file in its place. After this returns it survives a power cut.
  public consuming func commit() throws {
    try flush()
    try DiskFault.strike("write", path)
    // Here a full disk is reported at the latest; the lock is held until the temporary name is free.
    guard fsync(descriptor) == 0 || temporary == nil else { throw FileError("write", path) }
    if let temporary, rename(temporary, path) != 0 { throw FileError("write", path) }
    close(descriptor)
    descriptor = -1
    if temporary != nil { try syncFolder(of: path) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    if let temporary { unlink(temporary) }
    close(descriptor)
  }
}

/// The file that a link leads to; the path itself if it is no link, or leads to nothing.
package func resolved(_ path: String) -> String {
  var status = stat()
  guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let target = realpath(path, nil) else {
    return path
  }
  defer { free(target) }
  return String(cString: target)
}

/// Writes a whole file atomically. One that holds the same bytes already is left alone, which spares the disk two waits.
public func writeFile(_ path: String, _ bytes: some Sequence<UInt8>) throws {
  let bytes = Array(bytes)
  if holds(path, bytes) { return }
  var file = try AtomicFile(path)
  try file.write(bytes)
  try file.commit()
}

/// Writes a whole text file atomically.
public func writeFile(_ path: String, _ text: String) throws {
  try writeFile(path, text.utf8)
}

private func holds(_ path: String, _ bytes: [UInt8]) -> Bool {
  var status = stat()
  guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size == bytes.count else {
    return false
  }
  return (try? readFile(path, limit: bytes.count)) == bytes
}

func writeFully(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer, path: String) throws {
  try DiskFault.strike("write", path)
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
  try DiskFault.strike("write", folder)
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError("write", folder) }
  defer { close(descriptor) }
  // Some file systems cannot sync a folder and say EINVAL; there is nothing more to be done there.
  guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError("write", folder) }
}

/// Gives a finished folder its name: its files and names are on the disk before, the new name after.
public func renameFolder(_ path: String, to final: String) throws {
  try syncFolder(of: join(path, "."))
  try DiskFault.strike("write", final)
  guard rename(path, final) == 0 else { throw FileError("write", final) }
  try syncFolder(of: final)
}
