import Arguments
import Benchmarks
import JSON
import Tensors

extension Workload: ArgumentValue {}
extension Precision: ArgumentValue {}

/// `diptych bench [WORKLOAD...]`
enum BenchCommand: Command {
  static let name = "bench"
  static let summary = "time training steps and kernels on this machine"

  static let workloads = Argument<[Workload]>(
    "WORKLOAD...", "what to time; every training step where nothing is named", example: ["clip-tiny"])
  static let precision = Argument("--precision P", "the arithmetic of the large products", default: Precision.fp32)
  static let steps = Argument(
    "--steps N", "steps to time, after two to warm up", default: 5, check: .range(1...1_000_000))
  static let json = Argument<Bool>("--json", "print one JSON object a workload", inExample: true)
  static let arguments: [any AnyArgument] = [workloads, precision, steps, json]

  static func run(_ given: Given, _ console: Console) throws {
    let named = given[workloads]
    for workload in named.isEmpty ? Workload.allCases : named {
      let timing = StepTiming(workload, precision: given[precision], steps: given[steps])
      try console.print(given[json] ? timing.json.text() : timing.line)
    }
  }
}

extension StepTiming {
  fileprivate var json: JSONValue {
    [
      "workload": .string(workload.rawValue), "precision": .string(precision.rawValue),
      "threads": .integer(Int64(threads)),
      "params": .integer(Int64(parameters)), "step_s": .number(seconds), "samples_per_s": .number(samplesPerSecond),
      "loss0": .number(Double(firstLoss)), "rss_mb": .integer(Int64(peakMegabytes)),
    ]
  }

  fileprivate var line: String {
    let milliseconds = (seconds * 10_000).rounded() / 10
    return "\(workload.rawValue) \(precision.rawValue): \(milliseconds) ms a step, "
      + "\((samplesPerSecond * 10).rounded() / 10) samples/s, peak \(peakMegabytes) MB"
  }
}
