import Arguments
import Files
import JSON
import ModelFolders
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
        architecture =
          value["architectures"]?.array?.first?.string ?? value["architecture"]?.string ?? value["model_type"]?.string
      } else {
        architecture = Files.kind(of: openClip) == .file ? "open_clip" : nil
      }
    }
  }

  /// Elements of what is learnt, or could be.
  var parameters: Int { weights.tensors.reduce(0) { $0 + ($1.isBuffer ? 0 : $1.count) } }

  /// Elements that training changes: a masked autoencoder's positions are fixed.
  var trainable: Int {
    let fixed = architecture == "ViTMAEForPreTraining" ? MaskedAutoencoderNames.fixed : []
    return weights.tensors.reduce(0) { $0 + ($1.isBuffer || fixed.contains($1.name) ? 0 : $1.count) }
  }

  var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "architecture": architecture.map { .string($0) } ?? .null,
      "parameters": JSONValue(parameters), "trainable": JSONValue(trainable),
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

extension TensorLayout {
  /// Whether it belongs to a model's state but is not learnt: running statistics, masks, and whole numbers, which are ids
  /// and counters.
  fileprivate var isBuffer: Bool {
    guard type.isFloatingPoint else { return true }
    let last = name.utf8.split(separator: UInt8(ascii: ".")).last.map { String($0) ?? "" } ?? ""
    return ["running_mean", "running_var", "attn_mask", "position_ids", "masked_bias"].contains(last)
      // GPT-2's mask; the biases of attention are no matrices.
      || name.hasSuffix("attn.bias") && shape.count > 1
  }
}
