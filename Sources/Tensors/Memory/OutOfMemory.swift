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

/// Ends the process in the same way where the system has no memory for an array, which would trap.
///
/// To be asked before arrays as large as pictures are made. Several threads may make one at the same time, so that there has
/// to be room for some; what is smaller than that is not what memory ends with.
package func expectMemory(_ bytes: Int, for what: String) {
  guard bytes >= 16 << 20 else { return }
  let (room, overflow) = bytes.multipliedReportingOverflow(by: 3)
  // A malloc that nobody uses would be optimized away.
  let trial = overflow ? MAP_FAILED : mmap(nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard let trial, trial != MAP_FAILED else { endOutOfMemory(bytes, for: what) }
  munmap(trial, room)
}
