import Tensors

/// A function with parameters: plain data whose forward pass reads like the paper.
public protocol Layer: Module {
  /// The layer's output.
  func callAsFunction(_ x: Tensor) -> Tensor
}

/// Anything that holds parameters, directly or in other modules: layers, encoders, heads, objectives.
///
/// A module is plain data; ``parameters`` finds what it holds by walking over its properties.
public protocol Module {}

extension Module {
  /// All parameters with their paths, `blocks.0.attention.qkv.weight`, in the order of their declaration. The
  /// optimizer, the checkpoint and the tests all use this one list.
  public var parameters: [(name: String, parameter: Parameter)] {
    var found: [(String, Parameter)] = []
    walk(self, "") { name, leaf in if let parameter = leaf as? Parameter { found.append((name, parameter)) } }
    return found
  }

  /// What is saved but not trained, such as the running statistics of batch norm.
  public var buffers: [(name: String, buffer: Buffer)] {
    var found: [(String, Buffer)] = []
    walk(self, "") { name, leaf in if let buffer = leaf as? Buffer { found.append((name, buffer)) } }
    return found
  }

  /// How many numbers training may change.
  public var trainableCount: Int {
    parameters.reduce(0) { $0 + ($1.parameter.isTrainable ? $1.parameter.value.count : 0) }
  }

  /// Takes the values of another module's parameters and buffers, by their names. What this one has beyond them, like
  /// changes of low rank, stays as it is.
  public func takeValues(of other: some Module) {
    let parameters = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.parameter) })
    for (name, source) in other.parameters {
      guard let own = parameters[name] else { fatalError("takeValues: there is no parameter \(name)") }
      own.value = source.value
    }
    let buffers = Dictionary(uniqueKeysWithValues: buffers.map { ($0.name, $0.buffer) })
    for (name, source) in other.buffers {
      guard let own = buffers[name] else { fatalError("takeValues: there is no buffer \(name)") }
      own.value = source.value
    }
  }

  /// Lets training change all parameters, or none.
  public func setTrainable(_ isTrainable: Bool) {
    for (_, parameter) in parameters { parameter.isTrainable = isTrainable }
  }
}

/// A tensor that belongs to a module's state but is not trained.
public final class Buffer {
  /// The current values.
  public var value: Tensor

  /// A buffer with its initial values.
  public init(_ value: Tensor) { self.value = value }
}

private func walk(_ value: Any, _ path: String, _ visit: (String, AnyObject) -> Void) {
  if value is Parameter || value is Buffer { return visit(path, value as AnyObject) }
  let mirror = Mirror(reflecting: value)
  switch mirror.displayStyle {
  case .optional:
    if let wrapped = mirror.children.first { walk(wrapped.value, path, visit) }
  case .collection:
    for (i, child) in mirror.children.enumerated() { walk(child.value, path.isEmpty ? "\(i)" : "\(path).\(i)", visit) }
  case .enum:
    // A choice between modules, such as two kinds of backbone: the case's name is not part of the path.
    if let payload = mirror.children.first { walk(payload.value, path, visit) }
  default:
    guard value is any Module else { return }
    for child in mirror.children {
      guard let label = child.label else { continue }
      walk(child.value, path.isEmpty ? label : "\(path).\(label)", visit)
    }
  }
}
