import Arguments
import Benchmarks
import JSON
import Tensors

extension Precision: ArgumentValue {}

/// What `bench` can time.
enum Bench: ArgumentValue {
  /// Each hot kernel beside the ceiling of this machine.
  case kernels
  /// Work on pictures; `data` is all of it.
  case data([DataWorkload])
  /// The towers of a joint embedding.
  case embed
  /// A training step.
  case step(Workload)

  static var choices: [String] {
    ["kernels", "data", "embed"] + DataWorkload.allCases.map(\.rawValue) + Workload.allCases.map(\.rawValue)
  }

  init(argument: String) throws(UsageError) {
    if argument == "kernels" {
      self = .kernels
    } else if argument == "data" {
      self = .data(DataWorkload.allCases)
    } else if argument == "embed" {
      self = .embed
    } else if let workload = DataWorkload(rawValue: argument) {
      self = .data([workload])
    } else if let workload = Workload(rawValue: argument) {
      self = .step(workload)
    } else {
      throw UsageError("\(argument) is none of \(Self.choices.joined(separator: ", "))")
    }
  }

  var argument: String {
    switch self {
    case .kernels: "kernels"
    case .data(let workloads): workloads.count == 1 ? workloads[0].rawValue : "data"
    case .embed: "embed"
    case .step(let workload): workload.rawValue
    }
  }
}

extension Bench {
  /// Whether an option makes a difference to it.
  fileprivate func heeds(_ option: String) -> Bool {
    switch self {
    case .kernels: false
    case .data: option == BenchCommand.steps.name
    case .embed: option != BenchCommand.profile.name
    case .step: true
    }
  }
}

/// `diptych bench [WORKLOAD...]`
enum BenchCommand: Command {
  static let name = "bench"
  static let summary = "time training steps and kernels on this machine"
  static let details = """
    kernels shows GFLOP/s or GB/s of each hot kernel beside the ceiling that was measured in the same run.
    data is augmentation and preprocessing of pictures, in pictures a second on one thread; its parts can be named.
    embed is CLIP's ViT-B/32 on pictures and texts that are ready, in single ones and batches of 32.
    The other workloads are training steps: forward, backward and AdamW. What a workload does not have, such as a loss, is
    null in its object.
    """

  static let workloads = Argument<[Bench]>(
    "WORKLOAD...", "what to time; every training step where nothing is named", example: ["clip-tiny"])
  static let precision = Argument("--precision P", "the arithmetic of the large products", default: Precision.fp32)
  static let steps = Argument(
    "--steps N", "steps to time, after two to warm up", default: 5, check: .range(1...1_000_000))
  static let profile = Argument<Bool>("--profile", "show where the time of a training step goes, kernel by kernel")
  static let json = Argument<Bool>("--json", "print one JSON object a line", inExample: true)
  static let arguments: [any AnyArgument] = [workloads, precision, steps, profile, json]

  static func run(_ given: Given, _ console: Console) throws {
    let named = given[workloads]
    for argument in [precision as any AnyArgument, steps, profile] where given.has(argument) && !named.isEmpty {
      guard named.contains(where: { $0.heeds(argument.name) }) else {
        throw UsageError("\(argument.name) says nothing of \(named.map(\.argument).joined(separator: ", "))")
      }
    }
    for bench in named.isEmpty ? Workload.allCases.map(Bench.step) : named {
      switch bench {
      case .kernels:
        let rows = kernelRows(threads: ThreadPool.current.threads)
        if given[json] {
          try console.print(json(of: rows).text())
        } else {
          for row in rows { try console.print(row.line) }
        }
      case .data(let workloads):
        for workload in workloads {
          let timing = try DataTiming(workload, rounds: given[steps])
          try console.print(given[json] ? timing.json.text() : timing.line)
        }
      case .embed:
        for timing in EmbedTiming.all(precision: given[precision], rounds: given[steps]) {
          try console.print(given[json] ? timing.json.text() : timing.line)
        }
      case .step(let workload):
        let timing = StepTiming(
          workload, precision: given[precision], steps: given[steps], profiling: given[profile])
        try console.print(given[json] ? timing.json.text() : timing.line)
        if !given[json] { for line in timing.profile?.lines ?? [] { try console.print(line) } }
      }
    }
  }

  /// One object as of every workload; what a kernel has is a row in it.
  private static func json(of rows: [KernelBenchRow]) -> JSONValue {
    [
      "workload": "kernels", "precision": .null, "threads": JSONValue(ThreadPool.current.threads), "params": .null,
      "step_s": .null, "samples_per_s": .null, "loss0": .null, "rss_mb": JSONValue(peakResidentMegabytes()),
      "kernels": .array(rows.map(\.json)),
    ]
  }

  private static func kernelRows(threads: Int) -> [KernelBenchRow] {
    kernelBenchGemm(threads: threads) + kernelBenchConvolution(threads: threads)
      + kernelBenchAttention(threads: threads) + kernelBenchMemory(threads: threads)
  }
}

extension KernelBenchRow {
  fileprivate var json: JSONValue {
    [
      "kernel": .string(name), "threads": JSONValue(threads), "unit": .string(unit), "value": .number(rounded(value)),
      "ceiling": .number(rounded(ceiling)), "share": .number((share * 1000).rounded() / 1000),
    ]
  }

  fileprivate var line: String {
    let padded = name + String(repeating: " ", count: max(1, 44 - name.count))
    return "\(padded)\(rounded(value)) of \(rounded(ceiling)) \(unit)  \(Int((share * 100).rounded())) %"
  }

  private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

extension StepTiming {
  fileprivate var json: JSONValue {
    let members: [(String, JSONValue)] = [
      ("workload", .string(workload.rawValue)), ("precision", .string(precision.rawValue)),
      ("threads", JSONValue(threads)), ("params", JSONValue(parameters)), ("step_s", .number(seconds)),
      ("samples_per_s", .number(samplesPerSecond)), ("loss0", .number(Double(firstLoss))),
      ("rss_mb", JSONValue(peakMegabytes)),
    ]
    return .object(JSONObject(members + (profile.map { [("profile", $0.json)] } ?? [])))
  }

  fileprivate var line: String {
    let milliseconds = (seconds * 10_000).rounded() / 10
    return "\(workload.rawValue) \(precision.rawValue): \(milliseconds) ms a step, "
      + "\((samplesPerSecond * 10).rounded() / 10) samples/s, peak \(peakMegabytes) MB"
  }
}

extension EmbedTiming {
  fileprivate var json: JSONValue {
    [
      "workload": .string("embed: \(part.rawValue)"), "precision": .string(precision.rawValue),
      "threads": JSONValue(threads), "params": .null, "step_s": .number(seconds), "samples_per_s": .number(perSecond),
      "loss0": .null, "rss_mb": JSONValue(peakMegabytes),
    ]
  }

  fileprivate var line: String {
    "embed \(precision.rawValue), \(part.rawValue): \((seconds * 10_000).rounded() / 10) ms, "
      + "\((perSecond * 10).rounded() / 10) a second"
  }
}

extension DataTiming {
  fileprivate var json: JSONValue {
    [
      "workload": .string(workload.rawValue), "precision": .null, "threads": 1, "params": .null,
      "step_s": .number(seconds), "samples_per_s": .number(picturesPerSecond), "loss0": .null,
      "rss_mb": .integer(Int64(peakMegabytes)),
    ]
  }

  fileprivate var line: String {
    "\(workload.rawValue): \((seconds * 100_000).rounded() / 100) ms a picture on one core, "
      + "\((picturesPerSecond * 10).rounded() / 10) pictures/s"
  }
}
