import Files
import Safetensors

/// The towers of a joint embedding that are wanted.
public enum Towers: Sendable {
  /// Pictures only.
  case vision
  /// Texts only.
  case text
  /// Both.
  case both
}

/// The tensors of a joint embedding's file, by what they belong to.
package struct JointBindings {
  /// Temperature and bias.
  var scale: [WeightBinding]
  /// The picture tower and its projection.
  var vision: [WeightBinding]
  /// The text tower and its projection.
  var text: [WeightBinding]

  /// All of them, in the order in which they are written.
  package var all: [WeightBinding] { scale + vision + text }

  func of(_ towers: Towers) -> [WeightBinding] {
    switch towers {
    case .vision: scale + vision
    case .text: scale + text
    case .both: all
    }
  }

  /// Writes the weights.
  func write(to path: String) throws { try writeWeights(all, to: path) }

  /// Reads the weights of the towers that are wanted. The others must be there too.
  func read(from folder: SafetensorsFolder, _ towers: Towers) throws {
    try checkWeights(all, in: folder) { $0.hasSuffix("position_ids") || $0.hasSuffix("attn_mask") }
    // One tower alone is asked at once, and what it gives is looked at: searches start by a quarter sooner without.
    if towers == .both { return try readFinite(all, from: folder) }
    for binding in of(towers) { try binding.read(from: folder) }
  }
}

/// Writes the weights of a model, in the order of the bindings.
func writeWeights(_ bindings: [WeightBinding], to path: String) throws {
  var writer = try SafetensorsWriter(path, bindings.map { TensorLayout($0.name, .f32, $0.shape) })
  for binding in bindings { try writer.write(binding.values) }
  try writer.commit()
}

/// Reads the weights of a model. All tensors must be there and no others, but for those that carry no weights.
func readWeights(
  _ bindings: [WeightBinding], from folder: SafetensorsFolder, ignoring isIdle: (String) -> Bool
) throws {
  try checkWeights(bindings, in: folder, ignoring: isIdle)
  try readFinite(bindings, from: folder)
}

/// Reads weights, and throws where one is NaN or infinite: it may belong to a part that is asked later than now.
private func readFinite(_ bindings: [WeightBinding], from folder: SafetensorsFolder) throws {
  for binding in bindings { try binding.read(from: folder) }
  // Queries, keys and values share a parameter.
  var seen = Set<ObjectIdentifier>()
  for parameter in bindings.map(\.parameter) where seen.insert(ObjectIdentifier(parameter)).inserted {
    guard parameter.value.isFinite else { throw ModelError.notFinite(folder.path) }
  }
}

/// Throws an error that names the first tensor that is missing, misshapen or unknown.
private func checkWeights(
  _ bindings: [WeightBinding], in folder: SafetensorsFolder, ignoring isIdle: (String) -> Bool
) throws {
  for binding in bindings {
    guard let layout = folder.tensor(binding.name) else {
      throw ModelError(folder.path, "has no tensor \(binding.name)")
    }
    // A scalar may come as a list of one.
    guard layout.shape == binding.shape || layout.shape + binding.shape == [1] else {
      throw ModelError(
        folder.path, "\(binding.name) is \(layout.shape), and \(binding.shape) by the configuration")
    }
    try folder.checkHasFractions(layout)
  }
  let known = Set(bindings.map(\.name))
  if let extra = folder.tensors.first(where: { !known.contains($0.name) && !isIdle($0.name) }) {
    throw ModelError(folder.path, "has a tensor \(extra.name) that the configuration knows nothing of")
  }
}

extension SafetensorsFolder {
  /// Throws where a weight is a whole number: the scale that it is to be multiplied by is not known here.
  func checkHasFractions(_ layout: TensorLayout) throws {
    guard layout.type.isFloatingPoint else {
      throw ModelError(
        path,
        "\(layout.name) is of type \(layout.type.rawValue), and quantized weights are not known here; take the model in "
          + "F32, F16 or BF16")
    }
  }
}
