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
    /// The file has columns where we have rows.
    case transposed
  }

  private init(_ name: String, _ parameter: Parameter, _ shape: [Int], _ layout: Layout) {
    self.name = name
    self.parameter = parameter
    self.shape = shape
    self.layout = layout
  }

  /// All of a parameter, as it is; `shape` may add or leave out axes of one element.
  init(_ name: String, _ parameter: Parameter, shape: [Int]? = nil) {
    self.init(name, parameter, shape ?? parameter.value.shape.extents, .rows(first: 0))
  }

  /// Some rows of a parameter: one of the fused queries, keys and values.
  init(_ name: String, _ parameter: Parameter, rows: Range<Int>) {
    self.init(name, parameter, [rows.count] + parameter.value.shape.extents.dropFirst(), .rows(first: rows.lowerBound))
  }

  /// A patch embedding `[width, side · side · 3]`, a convolution `[width, 3, side, side]` in the file.
  init(_ name: String, patches parameter: Parameter, side: Int) {
    self.init(name, parameter, [parameter.value.shape[0], 3, side, side], .patches(side: side))
  }

  /// A matrix that the file has transposed.
  init(_ name: String, transposed parameter: Parameter) {
    self.init(name, parameter, parameter.value.shape.extents.reversed(), .transposed)
  }

  /// The values in the file's order.
  var values: [Float] { values(in: parameter.value) }

  /// Its part of a tensor that is laid out as the parameter is, such as a gradient.
  package func values(in tensor: Tensor) -> [Float] {
    let own = tensor.floatBuffer
    switch layout {
    case .rows(let first):
      let start = first * rowLength
      return Array(own[start..<start + count])
    case .patches(let side):
      let order = Self.patchOrder(side)
      return (0..<shape[0]).flatMap { row in order.map { own[row * order.count + $0] } }
    case .transposed:
      let (rows, columns) = (shape[0], shape[1])
      return (0..<rows).flatMap { row in (0..<columns).map { own[$0 * rows + row] } }
    }
  }

  /// Replaces the parameter's values by those of the file, whose shape must be right.
  func read(from folder: SafetensorsFolder) throws {
    try parameter.update { own in
      switch layout {
      case .rows(let first):
        let start = first * rowLength
        try folder.read(name, into: UnsafeMutableBufferPointer(rebasing: own[start..<start + count]))
      case .patches(let side):
        let order = Self.patchOrder(side)
        let values = try folder.floats(name)
        for row in 0..<shape[0] {
          for (to, from) in order.enumerated() { own[row * order.count + from] = values[row * order.count + to] }
        }
      case .transposed:
        let (rows, columns) = (shape[0], shape[1])
        let values = try folder.floats(name)
        for row in 0..<rows { for column in 0..<columns { own[column * rows + row] = values[row * columns + column] } }
      }
    }
  }

  private var count: Int { shape.reduce(1, *) }
  private var rowLength: Int { parameter.value.shape.extents.dropFirst().reduce(1, *) }

  /// For each place in the file's order of a patch, the place in ours.
  private static func patchOrder(_ side: Int) -> [Int] {
    (0..<3).flatMap { channel in (0..<side * side).map { $0 * 3 + channel } }
  }
}

extension LayerNorm {
  func bindings(_ prefix: String) -> [WeightBinding] {
    [WeightBinding("\(prefix).weight", weight), WeightBinding("\(prefix).bias", bias)]
  }
}

extension Linear {
  func bindings(_ prefix: String) -> [WeightBinding] {
    [WeightBinding("\(prefix).weight", weight)] + (bias.map { [WeightBinding("\(prefix).bias", $0)] } ?? [])
  }

  /// Some of the outputs.
  func bindings(_ prefix: String, rows: Range<Int>) -> [WeightBinding] {
    [WeightBinding("\(prefix).weight", weight, rows: rows)]
      + (bias.map { [WeightBinding("\(prefix).bias", $0, rows: rows)] } ?? [])
  }
}
