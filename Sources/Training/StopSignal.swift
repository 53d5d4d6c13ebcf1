import Glibc
import Synchronization

/// Turns Ctrl-C and SIGTERM into a question that the trainer asks between steps, and between pictures while it waits for
/// them.
///
/// The first signal asks to stop; a second of the same kind ends the process at once, as it always did. There is one of
/// these in a process: signals belong to processes.
public final class StopSignal: Sendable {
  /// The last signal that arrived. A handler may do little more than store a number, and finds no object to store it in.
  private static let received = Atomic<Int32>(0)
  private static let handled = [SIGINT, SIGTERM]

  /// Begins to catch the signals.
  public init() {
    Self.received.store(0, ordering: .sequentiallyConsistent)
    for number in Self.handled {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { StopSignal.received.store($0, ordering: .sequentiallyConsistent) }
      // The handler is gone after its first call; interrupted reads and writes go on.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
      sigaction(number, &action, nil)
    }
  }

  deinit {
    for number in Self.handled { signal(number, SIG_DFL) }
  }

  /// Whether a signal has arrived.
  public var isRequested: Bool { Self.received.load(ordering: .relaxed) != 0 }

  /// The name of the signal that arrived.
  public var name: String {
    switch Self.received.load(ordering: .relaxed) {
    case SIGINT: "Ctrl-C"
    case SIGTERM: "SIGTERM"
    default: "no signal"
    }
  }
}
