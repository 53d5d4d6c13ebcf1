import Files
import Layers
import Safetensors
import Tensors

/// A tensor of a model's file, bound to the parameter, or the part of one, that it holds.
///
/// One list of bindings both reads and writes a format, so that the two cannot disagree.
package struct WeightBinding {
  /// Its name in the file.
  package let name: String
  /// Its shape in the file.
  let shape: [Int]
  package let parameter: Parameter
  private let layout: Layout

  private enum Layout {
    /// Rows `first...` of the parameter, in the same order.
    case rows(first: Int)
    /// A patch embedding: the file has (channel, row, column), we have (row, column, channel).
    case patches(side: Int)
  }

  /// All of a parameter, as it is.
  init(_ name: String, _ parameter: Parameter, shape: [Int]? = nil) {
    self.name = name
    self.parameter = parameter
    self.shape = shape ?? parameter.value.shape.extents
    layout = .rows(first: 0)
  }

  /// Some rows of a parameter: one of the fused queries, keys and values.
  init(_ name: String, _ parameter: Parameter, rows: Range<Int>) {
    self.name = name
    self.parameter = parameter
    shape = [rows.count] + parameter.value.shape.extents.dropFirst()
    layout = .rows(first: rows.lowerBound)
  }

  /// A patch embedding `[width, side · side · 3]`, a convolution `[width, 3, side, side]` in the file.
  init(_ name: String, patches parameter: Parameter, side: Int) {
    self.name = name
    self.parameter = parameter
    shape = [parameter.value.shape[0], 3, side, side]
    layout = .patches(side: side)
  }

  /// The values in the file's order.
  var values: [Float] { values(in: parameter.value) }

  /// Its part of a tensor that is laid out as the parameter is, such as a gradient.
  package func values(in tensor: Tensor) -> [Float] {
    let own = tensor.floatBuffer
    switch layout {
    case .rows(let first):
      let start = first * rowLength
      return Array(own[start..<start + shape.reduce(1, *)])
    case .patches(let side):
      let order = Self.patchOrder(side)
      return (0..<shape[0]).flatMap { row in order.map { own[row * order.count + $0] } }
    }
  }

  /// Replaces the parameter's values by those of the file.
  func set(_ values: [Float]) {
    parameter.update { own in
      switch layout {
      case .rows(let first):
        let start = first * rowLength
        for (i, value) in values.enumerated() { own[start + i] = value }
      case .patches(let side):
        let order = Self.patchOrder(side)
        for row in 0..<shape[0] {
          for (to, from) in order.enumerated() { own[row * order.count + from] = values[row * order.count + to] }
        }
      }
    }
  }

  private var rowLength: Int { parameter.value.shape.extents.dropFirst().reduce(1, *) }

  /// For each place in the file's order of a patch, the place in ours.
  private static func patchOrder(_ side: Int) -> [Int] {
    (0..<3).flatMap { channel in (0..<side * side).map { $0 * 3 + channel } }
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
  for binding in bindings {
    guard let layout = folder.tensor(binding.name) else {
      throw ModelError(folder.path, "has no tensor \(binding.name)")
    }
    guard layout.shape == binding.shape else {
      throw ModelError(
        folder.path, "\(binding.name) is \(layout.shape), and \(binding.shape) by the configuration")
    }
  }
  let known = Set(bindings.map(\.name))
  if let extra = folder.tensors.first(where: { !known.contains($0.name) && !isIdle($0.name) }) {
    throw ModelError(folder.path, "has a tensor \(extra.name) that the configuration knows nothing of")
  }
  for binding in bindings { binding.set(try folder.floats(binding.name)) }
}

/// A model's folder that cannot be used.
public struct ModelError: UserError, Equatable {
  /// The folder or file.
  public let path: String
  /// What is wrong with it.
  public let problem: String

  init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  public var description: String { "\(path): \(problem)" }
}
