import Synchronization

/// What encoding writes to, for one text after the other.
struct Workspace: Sendable {
  /// What came out so far.
  var ids: [Int32] = []
  var cache = WordCache()
  var bytePairs = BytePairEncoding.Scratch()
  var wordPieces = WordPiece.Scratch()
}

/// As many workspaces as threads have ever asked for one at the same time.
final class WorkspacePool: Sendable {
  /// A workspace, and the memory for the cleaned text that is read while the workspace is written.
  private struct Desk: Sendable {
    var cleaned: [UInt8] = []
    var workspace = Workspace()
  }

  private let idle = Mutex<[Desk]>([])

  func with<Result>(_ body: (inout [UInt8], inout Workspace) throws -> Result) rethrows -> Result {
    var desk = idle.withLock { $0.popLast() } ?? Desk()
    defer { idle.withLock { $0.append(desk) } }
    return try body(&desk.cleaned, &desk.workspace)
  }
}
