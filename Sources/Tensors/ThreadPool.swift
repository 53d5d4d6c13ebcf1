import CKernels

/// The threads that share the work of an op.
///
/// Work is cut into chunks that depend on the problem and never on the number of threads, so that the same seed gives
/// the same bits on one core and on many.
public final class ThreadPool: Sendable {
  private nonisolated(unsafe) let pool: OpaquePointer
  /// How many threads take part, the caller's included.
  public let threads: Int

  /// The pool that ops use. The command line's `--threads` and the tests choose another for a scope.
  @TaskLocal public static var current = ThreadPool(threads: availableCores)

  /// A pool of so many threads; fewer if the system gives no more.
  public init(threads: Int) {
    guard let pool = ck_pool_create(Int32(clamping: threads)) else { fatalError("no memory for a thread pool") }
    self.pool = pool
    self.threads = Int(ck_pool_threads(pool))
  }

  deinit { ck_pool_destroy(pool) }

  /// The cores that this process may use.
  public static var availableCores: Int {
    Int(ck_available_cores())
  }

  /// Calls `body` once for each chunk, on all threads, and returns when all are done. A loop inside a loop runs on the
  /// calling thread.
  public func run(chunks: Int, _ body: (Int) -> Void) {
    if chunks == 1 { return body(0) }
    withoutActuallyEscaping(body) { body in
      var call = Call(body: body)
      withUnsafeMutablePointer(to: &call) { context in
        ck_pool_run(pool, chunks, { $0?.assumingMemoryBound(to: Call.self).pointee.body($1) }, context)
      }
    }
  }

  private struct Call { let body: (Int) -> Void }
}

/// Splits `0..<count` into ranges of `grain` (the last may be shorter) and runs them on the current pool.
@inlinable
public func parallelFor(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  guard count > 0 else { return }
  let chunks = (count + grain - 1) / grain
  ThreadPool.current.run(chunks: chunks) { i in
    body(i * grain..<min(count, (i + 1) * grain))
  }
}
