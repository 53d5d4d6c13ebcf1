import Files

/// Runs `body` with a folder that is removed afterwards.
package func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = "/tmp/diptych-test-\(UInt64.random(in: 0 ... .max))"
  try makeFolder(folder)
  defer { try? remove(folder) }
  return try body(folder)
}
