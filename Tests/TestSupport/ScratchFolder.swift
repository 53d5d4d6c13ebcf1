import Files

/// An empty folder that is gone after the test.
package final class ScratchFolder: Sendable {
  /// Where it is.
  package let path: String

  /// `inMemory`: whether it may lie in memory, for tests that wait for the disk too often.
  package init(inMemory: Bool = false) throws {
    let place = inMemory && kind(of: "/dev/shm") == .folder ? "/dev/shm" : "/tmp"
    path = "\(place)/diptych-test-\(UInt64.random(in: 0 ... .max))"
    try makeFolder(path)
  }

  deinit { try? remove(path) }

  /// The path of something in it.
  package func callAsFunction(_ name: String) -> String { join(path, name) }
}

/// Runs `body` with a folder that is removed afterwards.
package func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = try ScratchFolder()
  return try withExtendedLifetime(folder) { try body(folder.path) }
}
