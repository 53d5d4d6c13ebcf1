import Benchmarks
import JSON

extension StepProfile {
  var json: JSONValue {
    [
      "step_s": .number(seconds), "gflop": .number(gigaflops), "peak_share": .number(peakShare),
      "other_share": .number(otherShare), "kernels": .array(rows.map(\.json)),
    ]
  }

  /// A line for each kernel that takes at least half a percent of the step.
  var lines: [String] {
    let shown = rows.filter { $0.share >= 0.005 }
    let rest = rows.filter { $0.share < 0.005 }.reduce(0) { $0 + $1.share }
    return ["  ms/step  share  calls  GFLOP/s  of peak   GB/s  of copy  kernel"] + shown.map(\.line) + [
      "           \(percent(rest))  smaller kernels", "           \(percent(otherShare))  between kernels",
      "\(Int(gigaflops.rounded())) GFLOP a step at \(percent(peakShare).drop { $0 == " " }) of the peak",
    ]
  }
}

extension StepProfile.Row {
  fileprivate var json: JSONValue {
    [
      "kernel": .string(kernel), "detail": .string(detail), "calls": .number(calls), "step_s": .number(seconds),
      "share": .number(share), "gflops": gigaflops.map(JSONValue.number) ?? .null,
      "peak_share": peakShare.map(JSONValue.number) ?? .null, "gb_s": .number(gigabytes),
      "copy_share": .number(copyShare),
    ]
  }

  fileprivate var line: String {
    let milliseconds = (seconds * 100_000).rounded() / 100
    let columns = [
      right("\(milliseconds)", 9), percent(share), right("\(Int(calls.rounded()))", 5),
      right(gigaflops.map { "\(Int($0.rounded()))" } ?? "", 7), peakShare.map(percent) ?? right("", 5),
      right("\((gigabytes * 10).rounded() / 10)", 7), percent(copyShare),
    ]
    return columns.joined(separator: "  ") + "  \(kernel) \(detail)"
  }
}

private func percent(_ share: Double) -> String { right("\(Int((share * 100).rounded())) %", 5) }

private func right(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
