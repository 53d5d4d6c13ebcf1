import Arguments
import Files
import JSON
import Safetensors

/// `diptych inspect MODEL|FILE.safetensors|RUN`
enum InspectCommand: Command {
  static let name = "inspect"
  static let summary = "show what a model, a run or a safetensors file holds"

  static let path = Argument<String>(
    "PATH", "a folder with a model, a run, or a safetensors file", example: "runs/emoji-clip", hint: .path)
  static let json = Argument<Bool>("--json", "print one JSON object", inExample: true)
  static let arguments: [any AnyArgument] = [path, json]

  static func run(_ given: Given, _ console: Console) throws {
    let inspection = try Inspection(given[path])
    if given[json] { return try console.print(inspection.json.text()) }
    try inspection.print(to: console)
  }
}

/// What `inspect` found.
private struct Inspection {
  enum Kind: String { case run, model, weights }

  let kind: Kind
  let architecture: String?
  let weights: SafetensorsFolder

  init(_ path: String) throws {
    weights = try SafetensorsFolder(path)
    let config = join(path, "config.json")
    let openClip = join(path, "open_clip_config.json")
    if Files.kind(of: path) != .folder {
      kind = .weights
      architecture = nil
    } else {
      kind = Files.kind(of: join(path, "recipe.json5")) == .file ? .run : .model
      if Files.kind(of: config) == .file {
        let value = try JSONValue(file: config)
        architecture = value["architectures"]?.array?.first?.string ?? value["model_type"]?.string
      } else {
        architecture = Files.kind(of: openClip) == .file ? "open_clip" : nil
      }
    }
  }

  /// Elements that training may change: fractions. Whole numbers are ids and counters.
  var parameters: Int {
    weights.tensors.reduce(0) { total, tensor in
      switch tensor.type {
      case .f64, .f32, .f16, .bf16: total + tensor.count
      case .i64, .i32, .i16, .i8, .u8, .bool: total
      }
    }
  }

  var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "architecture": architecture.map { .string($0) } ?? .null,
      "parameters": JSONValue(parameters), "trainable": JSONValue(parameters),
      "tensors": .array(
        weights.tensors.map {
          ["name": .string($0.name), "dtype": .string($0.type.rawValue), "shape": JSONValue($0.shape)]
        }),
    ]
  }

  func print(to console: Console) throws {
    try console.print("\(kind.rawValue)\(architecture.map { ": \($0)" } ?? ""), \(weights.path)")
    try console.print("\(grouped(parameters)) parameters in \(weights.tensors.count) tensors")
    let width = weights.tensors.map(\.name.utf8.count).max() ?? 0
    for tensor in weights.tensors {
      let space = String(repeating: " ", count: width - tensor.name.utf8.count)
      let type = tensor.type.rawValue
      try console.print("  \(tensor.name)\(space)  \(type)\(type.utf8.count < 4 ? " " : "")  \(tensor.shape)")
    }
  }
}
