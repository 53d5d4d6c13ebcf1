import Files
import Glibc

/// Holds a run's folder for one process. The kernel lets go of it when the process ends, however it ends.
public final class RunLock: Sendable {
  private let descriptor: Int32

  /// Locks a folder, or throws ``RunInUse``.
  public init(folder: String) throws {
    let path = join(folder, ".lock")
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("write", path) }
    guard Self.lock(descriptor) else {
      let code = errno
      let owner = String(decoding: (try? readFile(path, limit: 100)) ?? [], as: UTF8.self)
      // All is initialised: where this throws, deinit closes the file.
      guard code == EWOULDBLOCK else { throw FileError("lock", path, code: code) }
      throw RunInUse(folder: folder, process: Int32(owner.prefix { $0.isNumber }))
    }
    // Who it is helps people and is not needed for the lock: a full disk may leave it out.
    ftruncate(descriptor, 0)
    let line = Array("\(getpid())\n".utf8)
    _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  /// A process that has just been killed, or a child that another one is just starting, may hold the lock for a moment.
  private static func lock(_ descriptor: Int32) -> Bool {
    for attempt in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK, attempt < 19 else { return false }
      usleep(25_000)
    }
    return false
  }

  deinit { close(descriptor) }
}

/// Removes a run's folder that was made for a run which could not begin, unless another process has begun one there.
public func takeBackRun(_ folder: String) {
  guard let lock = try? RunLock(folder: folder) else { return }
  try? remove(folder)
  withExtendedLifetime(lock) {}
}

/// A run that another process is working on.
public struct RunInUse: UserError, Equatable {
  /// The run's folder.
  public let folder: String
  /// The process, where it could be found out.
  public let process: Int32?

  /// The line for people.
  public var description: String {
    "\(folder): in use by \(process.map { "process \($0)" } ?? "another process"); wait for it or choose another folder"
  }
}
