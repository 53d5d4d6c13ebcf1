/// Where the time of a stretch of work goes: one entry for each kernel and shape.
///
/// Kernels report to the profile of the scope that they are called in; without one they only ask whether there is one.
///
/// ```swift
/// let profile = Profile()
/// Profile.$current.withValue(profile) { step() }
/// profile.entries   // the longest first
/// ```
public final class Profile: Sendable {
  /// The profile that kernels report to, if any.
  @TaskLocal public static var current: Profile?

  /// What one kernel has done on operands of one shape.
  public struct Entry: Sendable {
    /// The kernel.
    public let kernel: String
    /// The shape, or which of its functions.
    public let detail: String
    /// The arithmetic of its products.
    public let precision: Precision
    /// How often it ran.
    public var calls = 0
    /// Seconds in all.
    public var seconds = 0.0
    /// Floating-point operations of its products in all.
    public var operations = 0.0
    /// Bytes that it had to read or write once, in all.
    public var bytes = 0.0
  }

  private struct Key: Hashable { let kernel: String, detail: String }
  private let all = Locked<[Key: Entry]>([:])

  /// An empty profile.
  public init() {}

  /// What was reported, the longest first.
  public var entries: [Entry] { all.withLock { $0.values.sorted { $0.seconds > $1.seconds } } }

  fileprivate func add(
    _ kernel: String, _ detail: String, _ precision: Precision, _ work: KernelWork, _ seconds: Double
  ) {
    all.withLock { all in
      let key = Key(kernel: kernel, detail: detail)
      var entry = all[key] ?? Entry(kernel: kernel, detail: detail, precision: precision)
      entry.calls += 1
      entry.seconds += seconds
      entry.operations += work.operations
      entry.bytes += Double(work.bytes)
      all[key] = entry
    }
  }
}

/// What a call has to do at least.
struct KernelWork {
  var operations = 0.0
  var bytes = 0
}

/// Runs a kernel, and reports it to the profile of this scope. A kernel inside another is part of that.
@inline(__always)
func profiled(
  _ function: StaticString = #function, detail: @autoclosure () -> String = "",
  precision: @autoclosure () -> Precision = .fp32, work: @autoclosure () -> KernelWork, _ body: () -> Void
) {
  guard let profile = Profile.current else { return body() }
  let seconds =
    Profile.$current.withValue(nil) {
      ContinuousClock().measure(body)
    } / .seconds(1)
  // `layerNorm(_:gamma:…)` is layerNorm.
  profile.add("\(function)".prefix { $0 != "(" }.description, detail(), precision(), work(), seconds)
}
