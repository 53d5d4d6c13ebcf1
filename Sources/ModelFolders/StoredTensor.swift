import Files
import Layers
import Safetensors
import Tensors

/// A tensor of a file that holds a parameter or a buffer just as it is.
package struct StoredTensor {
  /// Its name in the file.
  package let name: String
  /// The current values.
  package var value: Tensor { holder.value }
  private let holder: Holder

  /// The parameter, if it is one.
  package var parameter: Parameter? { if case .parameter(let parameter) = holder { parameter } else { nil } }

  private enum Holder {
    case parameter(Parameter)
    case buffer(Buffer)

    var value: Tensor {
      switch self {
      case .parameter(let parameter): parameter.value
      case .buffer(let buffer): buffer.value
      }
    }

    /// Who it is.
    var identity: ObjectIdentifier {
      switch self {
      case .parameter(let parameter): ObjectIdentifier(parameter)
      case .buffer(let buffer): ObjectIdentifier(buffer)
      }
    }
  }

  init(_ name: String, _ parameter: Parameter) { (self.name, holder) = (name, .parameter(parameter)) }

  init(_ name: String, _ buffer: Buffer) { (self.name, holder) = (name, .buffer(buffer)) }

  /// Everything that a module holds, by its paths, but for what belongs to another one.
  package static func all(of module: some Module, without part: [StoredTensor] = []) -> [StoredTensor] {
    let excluded = Set(part.map(\.holder.identity))
    let parameters = module.parameters.map { StoredTensor($0.name, $0.parameter) }
    let buffers = module.buffers.map { StoredTensor($0.name, $0.buffer) }
    return (parameters + buffers).filter { !excluded.contains($0.holder.identity) }
  }

  /// Writes tensors to a file, in their order.
  package static func write(_ tensors: [StoredTensor], to path: String) throws {
    var writer = try SafetensorsWriter(
      path, tensors.map { TensorLayout($0.name, .f32, $0.value.shape.extents) }, metadata: [("format", "pt")])
    for tensor in tensors { try writer.write(tensor.value.values) }
    try writer.commit()
  }

  /// Reads tensors, all of which must be there in their shapes, and finite; nothing changes if one is not.
  package static func read(_ tensors: [StoredTensor], from folder: SafetensorsFolder) throws {
    for tensor in tensors {
      guard let layout = folder.tensor(tensor.name) else {
        throw ModelError(folder.path, "has no tensor \(tensor.name)")
      }
      guard layout.shape == tensor.value.shape.extents else {
        throw ModelError(folder.path, "\(tensor.name) is \(layout.shape), where \(tensor.value.shape) is needed")
      }
      try folder.checkHasFractions(layout)
    }
    let values = try tensors.map { Tensor(try folder.floats($0.name), $0.value.shape) }
    guard values.allSatisfy(\.isFinite) else { throw ModelError.notFinite(folder.path) }
    for (tensor, value) in zip(tensors, values) {
      switch tensor.holder {
      case .parameter(let parameter): parameter.value = value
      case .buffer(let buffer): buffer.value = value
      }
    }
  }
}
