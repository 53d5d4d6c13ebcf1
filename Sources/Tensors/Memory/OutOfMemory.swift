import Glibc

/// Ends the process where the system has no memory: one line on standard error, and the exit code of a failure.
///
/// It is no programmer's error that a model is too large for a machine, so there is no trap; and ops do not throw.
package func endOutOfMemory(_ bytes: Int, for what: String) -> Never {
  let line =
    "diptych: out of memory: the system has no \(max(1, bytes >> 20)) MB more for \(what); "
    + "a smaller batch_size, micro_batch or model needs less\n"
  let bytes = Array(line.utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  // Other threads are at work: nothing of what they use is torn down.
  _exit(1)
}
