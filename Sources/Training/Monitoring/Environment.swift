import CKernels
import Files
import Glibc
import JSON
import Tensors

/// The machine and the settings that a run's speed depends on, as `environment.json` has them.
func environment(_ recipe: Recipe, parameters: Int) -> JSONValue {
  var system = utsname()
  let isKnown = uname(&system) == 0
  func text(_ field: some Any) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
  let pages = sysconf(Int32(_SC_PHYS_PAGES))
  let pageSize = sysconf(Int32(_SC_PAGESIZE))
  return [
    "processor": .string(processorName ?? (isKnown ? text(system.machine) : "unknown")),
    "instructions": .string(String(cString: ck_level_name(ck_best_level()))),
    "cores": JSONValue(ThreadPool.availableCores), "threads": JSONValue(ThreadPool.current.threads),
    "memory_gb": .number((Double(pages) * Double(pageSize) / 1e8).rounded() / 10),
    "system": .string(isKnown ? "\(text(system.sysname)) \(text(system.release))" : "unknown"),
    "precision": .string(recipe.precision.rawValue), "parameters": JSONValue(parameters),
  ]
}

/// What the kernel calls the processor.
private var processorName: String? {
  guard let lines = try? readLines("/proc/cpuinfo", limit: 1 << 24) else { return nil }
  let line = lines.first { $0.utf8.starts(with: "model name".utf8) }
  return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
}
