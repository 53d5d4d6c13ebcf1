import Tensors

/// Where a training step's time goes, kernel by kernel, beside what this machine could do.
public struct StepProfile: Sendable {
  /// One kernel on operands of one shape, in one step.
  public struct Row: Sendable {
    /// The kernel.
    public let kernel: String
    /// The shape, or which of its functions.
    public let detail: String
    /// Calls a step.
    public let calls: Double
    /// Seconds a step.
    public let seconds: Double
    /// Of the step's time.
    public let share: Double
    /// GFLOP/s, for products.
    public let gigaflops: Double?
    /// Of the peak of the kernel's precision.
    public let peakShare: Double?
    /// GB/s of what has to be read or written once.
    public let gigabytes: Double
    /// Of the speed at which memory is copied.
    public let copyShare: Double
  }

  /// The longest first.
  public let rows: [Row]
  /// Seconds a step.
  public let seconds: Double
  /// Of the step's time, what no kernel accounts for.
  public let otherShare: Double
  /// GFLOP of all products in a step.
  public let gigaflops: Double
  /// Of the step's time, what its products would take at the peaks of their precisions.
  public let peakShare: Double

  /// The profile of so many steps that took `seconds` in all.
  init(_ entries: [Profile.Entry], steps: Int, seconds: Double, ceilings: KernelCeilings) {
    let steps = Double(steps)
    func peak(_ entry: Profile.Entry) -> Double { entry.precision == .bf16 ? ceilings.bf16 : ceilings.fp32 }
    rows = entries.map { entry in
      let speed = entry.operations / entry.seconds / 1e9
      let moved = entry.bytes / entry.seconds / 1e9
      return Row(
        kernel: entry.kernel, detail: entry.detail, calls: Double(entry.calls) / steps, seconds: entry.seconds / steps,
        share: entry.seconds / seconds, gigaflops: entry.operations > 0 ? speed : nil,
        peakShare: entry.operations > 0 ? speed / peak(entry) : nil, gigabytes: moved, copyShare: moved / ceilings.copy)
    }
    self.seconds = seconds / steps
    otherShare = 1 - entries.reduce(0) { $0 + $1.seconds } / seconds
    gigaflops = entries.reduce(0) { $0 + $1.operations } / steps / 1e9
    peakShare = entries.reduce(0) { $0 + $1.operations / peak($1) / 1e9 } / seconds
  }
}
