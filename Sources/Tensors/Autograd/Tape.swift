/// The record of a forward pass: a flat list of ops, each with the function that carries gradients back through it.
///
/// ```swift
/// let tape = Tape()
/// let loss = tape.record { objective(batch) }
/// let gradients = tape.gradients(of: loss)   // gradients[parameter]
/// ```
///
/// A tape belongs to the thread that records on it.
public final class Tape: Sendable {
  /// The tape that ops record on now, if any.
  @TaskLocal static var current: Tape?

  /// Turns the gradient of an op's output into those of its inputs; `nil` where none is wanted.
  typealias Pullback = (Tensor) -> [Tensor?]

  private struct Record {
    /// The inputs' places on the tape; `nil` for constants.
    var inputs: [Int?]
    /// `nil` for leaves: parameters and watched tensors.
    var pullback: Pullback?
  }

  private nonisolated(unsafe) var records: [Record] = []
  private nonisolated(unsafe) var leaves: [ObjectIdentifier: (parameter: Parameter, index: Int)] = [:]
  private nonisolated(unsafe) var gradients: [Tensor?] = []

  /// An empty tape.
  public init() {}

  /// Runs `body`, recording the ops that parameters and watched tensors flow through.
  public func record<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Tape.$current.withValue(self, operation: body)
  }

  /// A tensor for which ``gradients(of:seed:)`` will have a gradient too.
  public func watch(_ tensor: Tensor) -> Tensor {
    var watched = tensor.detached
    watched.trace = Trace(tape: self, index: append(Record(inputs: [], pullback: nil)))
    return watched
  }

  /// The gradients of a scalar, or of any recorded tensor with the gradient `seed` at its elements. The records are
  /// used up: whatever they kept of the forward pass is let go as the pass runs back over it.
  public func gradients(of output: Tensor, seed: Tensor? = nil) -> Gradients {
    gradients(of: [(output, seed)])
  }

  /// The gradients of several tensors at once, each with its own seed.
  public func gradients(of outputs: [(output: Tensor, seed: Tensor?)]) -> Gradients {
    gradients = Array(repeating: nil, count: records.count)
    for (output, seed) in outputs {
      guard let trace = output.trace else { continue }
      guard trace.tape === self else { fatalError("gradients of a tensor from another tape") }
      if seed == nil && output.count != 1 { fatalError("gradients of shape \(output.shape) need a seed") }
      let seed = seed ?? Tensor(repeating: 1, output.shape)
      guard seed.shape == output.shape else {
        fatalError("gradient seed: \(seed.shape) for an output of shape \(output.shape)")
      }
      accumulate(seed, at: trace.index)
    }
    Tape.$current.withValue(nil) {
      while let record = records.popLast() {
        let index = records.count
        guard let pullback = record.pullback, let gradient = gradients[index] else { continue }
        gradients[index] = nil
        for (input, inputGradient) in zip(record.inputs, pullback(gradient)) {
          if let input, let inputGradient { accumulate(inputGradient, at: input) }
        }
      }
    }
    defer {
      gradients = []
      leaves = [:]
    }
    var result = Gradients()
    for (parameter, index) in leaves.values { result[parameter] = gradients[index] }
    result.watched = gradients
    return result
  }

  /// Adds the gradients that a part of the pass computed on a tape of its own (see ``recomputed(_:_:)``).
  func accumulate(_ inner: Gradients, at parameters: [Parameter]) {
    for parameter in parameters {
      if let leaf = leaves[ObjectIdentifier(parameter)], let gradient = inner[parameter] {
        accumulate(gradient, at: leaf.index)
      }
    }
  }

  private func accumulate(_ gradient: Tensor, at index: Int) {
    if gradients[index] == nil {
      gradients[index] = gradient.detached
    } else {
      gradients[index]?.accumulate(gradient)
    }
  }

  func leaf(for parameter: Parameter) -> Int {
    if let known = leaves[ObjectIdentifier(parameter)] { return known.index }
    let index = append(Record(inputs: [], pullback: nil))
    leaves[ObjectIdentifier(parameter)] = (parameter, index)
    return index
  }

  private func append(_ record: Record) -> Int {
    records.append(record)
    return records.count - 1
  }

  fileprivate func append(inputs: [Int?], _ pullback: @escaping Pullback) -> Int {
    append(Record(inputs: inputs, pullback: pullback))
  }
}

/// A place on a tape.
struct Trace: Sendable {
  let tape: Tape
  let index: Int
}

/// The gradients of one backward pass.
public struct Gradients {
  private var byParameter: [ObjectIdentifier: Tensor] = [:]
  fileprivate(set) var watched: [Tensor?] = []

  /// No gradients.
  public init() {}

  /// The gradient of a parameter; `nil` if the output does not depend on it.
  public subscript(_ parameter: Parameter) -> Tensor? {
    get { byParameter[ObjectIdentifier(parameter)] }
    set { byParameter[ObjectIdentifier(parameter)] = newValue }
  }

  /// The gradient of a tensor that ``Tape/watch(_:)`` returned.
  public subscript(_ tensor: Tensor) -> Tensor? {
    guard let trace = tensor.trace, watched.indices.contains(trace.index) else { return nil }
    return watched[trace.index]
  }

  /// Adds other gradients, as micro-batches do.
  public mutating func add(_ other: Gradients) {
    for (key, gradient) in other.byParameter {
      if byParameter[key] == nil { byParameter[key] = gradient } else { byParameter[key]?.accumulate(gradient) }
    }
  }
}

extension Tensor {
  /// An op: its value, the tensors that it came from, and how gradients go back to them. The only place where a value
  /// and its pullback meet.
  ///
  /// The pullback must keep only what it needs, and large inputs as ``kept``.
  init(_ value: Tensor, from inputs: [Tensor], pullback: @escaping (Tensor) -> [Tensor?]) {
    self = value
    trace = nil
    guard let tape = inputs.lazy.compactMap(\.trace).first?.tape, Tape.current === tape else { return }
    trace = Trace(tape: tape, index: tape.append(inputs: inputs.map { $0.trace?.index }, pullback))
  }

  /// Whether gradients are wanted for this tensor.
  var isTracked: Bool { trace != nil }

  /// The same values, cut off from the tape (stop-gradient).
  public var detached: Tensor {
    var copy = self
    copy.trace = nil
    copy.remake = nil
    return copy
  }
}
