import Glibc
import Layers
import Tensors
import Training

/// How fast a workload's training step runs.
public struct StepTiming: Sendable {
  /// The workload.
  public let workload: Workload
  /// The arithmetic.
  public let precision: Precision
  /// Threads that took part.
  public let threads: Int
  /// Numbers that training changes.
  public let parameters: Int
  /// Seconds a step: the median.
  public let seconds: Double
  /// The loss of the first step.
  public let firstLoss: Float
  /// Peak memory of the process in MB.
  public let peakMegabytes: Int
  /// Where the time goes, if that was asked for.
  public let profile: StepProfile?

  /// Samples a second.
  public var samplesPerSecond: Double { Double(workload.batch) / seconds }

  /// Two steps to warm up, then so many that count: forward, backward and AdamW with PyTorch's settings. With a profile,
  /// as many again.
  public init(_ workload: Workload, precision: Precision, steps: Int, profiling: Bool = false) {
    let task = workload.make()
    let parameters = task.module.parameters
    let optimizer = Optimizer(AdamW(), parameters, weightDecay: 0.01) { _, _ in Treatment() }
    var losses = [Float]()
    func step() {
      let tape = Tape()
      let loss = Pass(precision: precision, isTraining: true).run { tape.record(task.loss) }
      optimizer.step(tape.gradients(of: loss), rate: 1e-4)
      losses.append(loss.scalar)
    }
    step()
    step()
    let clock = ContinuousClock()
    let times = (0..<max(1, steps)).map { _ in clock.measure(step) / .seconds(1) }.sorted()
    self.workload = workload
    self.precision = precision
    threads = ThreadPool.current.threads
    self.parameters = task.module.trainableCount
    seconds = times[times.count / 2]
    firstLoss = losses[0]
    peakMegabytes = peakResidentMegabytes()
    profile = profiling ? Self.profile(of: step, times: max(1, steps), clock) : nil
  }
}

extension StepTiming {
  private static func profile(of step: () -> Void, times: Int, _ clock: ContinuousClock) -> StepProfile {
    let profile = Profile()
    let taken = Profile.$current.withValue(profile) { clock.measure { for _ in 0..<times { step() } } } / .seconds(1)
    let ceilings = KernelCeilings.measure(threads: ThreadPool.current.threads)
    return StepProfile(profile.entries, steps: times, seconds: taken, ceilings: ceilings)
  }
}

/// The most memory that the process has had so far, in MB.
package func peakResidentMegabytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss / 1024
}
