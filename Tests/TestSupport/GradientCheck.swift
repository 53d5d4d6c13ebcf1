import Tensors
import Testing

/// An op, some inputs, and the same op in double precision.
package struct OpCase: Sendable, CustomTestStringConvertible {
  package var name: String
  package var shapes: [[Int]]
  /// The inputs are drawn uniformly from this range.
  package var range: ClosedRange<Float>
  package var op: @Sendable ([Tensor]) -> Tensor
  package var reference: @Sendable ([Reference]) -> Reference
  /// Which inputs have gradients.
  package var differentiable: [Bool]

  package init(
    _ name: String, _ shapes: [[Int]], in range: ClosedRange<Float> = -2...2, differentiable: [Bool]? = nil,
    _ op: @escaping @Sendable ([Tensor]) -> Tensor, _ reference: @escaping @Sendable ([Reference]) -> Reference
  ) {
    self.name = name
    self.shapes = shapes
    self.range = range
    self.op = op
    self.reference = reference
    self.differentiable = differentiable ?? shapes.map { _ in true }
  }

  package var testDescription: String { "\(name) \(shapes)" }
}

/// Compares an op's values with its reference, and its gradients along one random direction an input with central
/// differences of the reference.
package func check(_ c: OpCase, seed: UInt64 = 1, tolerance: Double = 2e-5) {
  var generator = Generator(seed: seed)
  let inputs = c.shapes.map { shape in
    Tensor((0..<shape.reduce(1, *)).map { _ in generator.uniform(in: c.range) }, Shape(shape))
  }
  let references = inputs.map { Reference($0.shape.extents, $0.values.map(Double.init)) }

  let tape = Tape()
  let watched = zip(inputs, c.differentiable).map { $1 ? tape.watch($0) : $0 }
  let output = tape.record { c.op(watched) }
  let expected = c.reference(references)
  #expect(output.shape.extents == expected.shape, "\(c.name): shape")
  guard output.shape.extents == expected.shape else { return }
  expectClose(output.values.map(Double.init), expected.values, tolerance, "\(c.name) \(c.shapes): value")

  let seedValues = (0..<output.count).map { _ in generator.uniform(in: Float(-1)...1) }
  let gradients = tape.gradients(of: output, seed: Tensor(seedValues, output.shape))
  func objective(_ inputs: [Reference]) -> Double {
    zip(c.reference(inputs).values, seedValues).reduce(0) { $0 + $1.0 * Double($1.1) }
  }
  for (i, input) in inputs.enumerated() where c.differentiable[i] {
    let direction = (0..<input.count).map { _ in Double(generator.uniform(in: Float(-1)...1)) }
    let step = 1e-5
    func moved(_ by: Double) -> [Reference] {
      var moved = references
      moved[i].values = zip(moved[i].values, direction).map { $0 + by * $1 }
      return moved
    }
    let numeric = (objective(moved(step)) - objective(moved(-step))) / (2 * step)
    guard let gradient = gradients[watched[i]] else {
      #expect(abs(numeric) < 1e-9, "\(c.name) \(c.shapes): no gradient for input \(i)")
      continue
    }
    #expect(gradient.shape == input.shape, "\(c.name): gradient shape of input \(i)")
    let terms = zip(gradient.values, direction).map { Double($0) * $1 }
    let analytic = terms.reduce(0, +)
    let scale = max(1, terms.reduce(0) { $0 + $1 * $1 }.squareRoot(), abs(numeric))
    #expect(
      abs(numeric - analytic) <= 5 * tolerance * scale,
      "\(c.name) \(c.shapes): gradient of input \(i): \(analytic), numerically \(numeric)")
  }
}

/// Compares numbers with a tolerance relative to the largest of them (at least 1).
package func expectClose(
  _ actual: [Double], _ expected: [Double], _ tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(what): count", sourceLocation: sourceLocation)
  let scale = max(1, expected.lazy.filter(\.isFinite).map(abs).max() ?? 1)
  for (i, (a, b)) in zip(actual, expected).enumerated() {
    let same = a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * scale
    if !same {
      Issue.record("\(what): element \(i) is \(a), expected \(b)", sourceLocation: sourceLocation)
      return
    }
  }
}
