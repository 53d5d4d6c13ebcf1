import Glibc
import Synchronization

/// A disk that fails at a chosen moment, for tests: what is written to it must survive that at every moment there is.
///
/// ```swift
/// let fault = DiskFault(at: 7)
/// DiskFault.$current.withValue(fault) { try run.save() }   // from the eighth operation on the disk is full
/// ```
package final class DiskFault: Sendable {
  /// The fault that operations of this task meet; none outside of tests.
  @TaskLocal package static var current: DiskFault?

  private let moment: Int
  private let code: Int32
  private let count = Atomic(0)

  /// Fails from the operation of this number on, counted from 0.
  package init(at moment: Int, code: Int32 = ENOSPC) {
    self.moment = moment
    self.code = code
  }

  /// Whether the moment has come.
  package var hasStruck: Bool { count.load(ordering: .relaxed) > moment }

  /// Called before each operation that can fail.
  package static func strike(_ action: String, _ path: String) throws {
    guard let current else { return }
    if current.count.wrappingAdd(1, ordering: .relaxed).oldValue >= current.moment {
      throw FileError(action, path, code: current.code)
    }
  }
}
