import Synchronization
import Tensors

/// What one query's scan has found so far: the rows that may be among the nearest `k`.
///
/// Threads share it. In which order they come changes how many rows stay on the list, but never drops one of the
/// nearest `k`.
final class Shortlist: Sendable {
  private struct State {
    /// The k highest lower bounds.
    var bounds: BoundedHeap<Float>
    var rows: [(row: Int, upper: Float)] = []
    /// How long the list may grow before rows are dropped that have become hopeless.
    var limit: Int

    var threshold: Float { bounds.least ?? -.infinity }
  }

  private let state: Locked<State>
  private let thresholdBits = Atomic<UInt32>((-Float.infinity).bitPattern)

  init(k: Int) {
    state = Locked(State(bounds: BoundedHeap(limit: k), limit: max(4096, 4 * k)))
  }

  /// The k-th highest lower bound: a row whose upper bound is below it is out.
  var threshold: Float { Float(bitPattern: thresholdBits.load(ordering: .relaxed)) }

  /// Adds rows of a panel.
  func add(_ panel: PanelOfCandidates) {
    state.withLock { state in
      for (row, lower, upper) in panel {
        if upper < state.threshold { continue }
        state.rows.append((row, upper))
        state.bounds.offer(lower.isNaN ? -.infinity : lower)
      }
      let threshold = state.threshold
      if state.rows.count > state.limit {
        state.rows.removeAll { $0.upper < threshold }
        state.limit = max(state.limit, 2 * state.rows.count)
      }
      thresholdBits.store(threshold.bitPattern, ordering: .relaxed)
    }
  }

  /// The rows that are left when all have been seen, in rising order.
  func finish() -> [Int] {
    state.withLock { state in
      let threshold = state.threshold
      return state.rows.lazy.filter { !($0.upper < threshold) }.map(\.row).sorted()
    }
  }
}
