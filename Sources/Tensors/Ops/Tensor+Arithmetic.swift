import CKernels

/// Arithmetic with NumPy's broadcasting.
extension Tensor {
  /// Element by element.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    Tensor(binary(CK_ADD, a, b), from: [a, b]) { g in [g.summed(like: a), g.summed(like: b)] }
  }

  /// Element by element.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    Tensor(binary(CK_SUBTRACT, a, b), from: [a, b]) { g in [g.summed(like: a), g.summed(like: b).map { -$0 }] }
  }

  /// Element by element.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.kept, b.kept)
    return Tensor(binary(CK_MULTIPLY, a, b), from: [a, b]) { g in
      [a.isTracked ? (g * y()).summed(like: a) : nil, b.isTracked ? (g * x()).summed(like: b) : nil]
    }
  }

  /// Element by element.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.kept, b.kept)
    return Tensor(binary(CK_DIVIDE, a, b), from: [a, b]) { g in
      let y = y()
      let scaled = g / y
      return [
        a.isTracked ? scaled.summed(like: a) : nil, b.isTracked ? (-(scaled * x() / y)).summed(like: b) : nil,
      ]
    }
  }

  /// The larger of two, element by element; where they are equal the gradient goes to the first.
  public func maximum(_ other: Tensor) -> Tensor {
    let (x, y) = (kept, other.kept)
    return Tensor(binary(CK_MAXIMUM, self, other), from: [self, other]) { [self] g in
      let first = binary(CK_GREATER_EQUAL, x(), y())
      return [(g * first).summed(like: self), (g * (1 - first)).summed(like: other)]
    }
  }

  /// Adds a number.
  public static func + (a: Tensor, b: Float) -> Tensor { Tensor(binary(CK_ADD, a, b), from: [a]) { g in [g] } }
  /// Adds a number.
  public static func + (a: Float, b: Tensor) -> Tensor { b + a }
  /// Subtracts a number.
  public static func - (a: Tensor, b: Float) -> Tensor { a + -b }
  /// Subtracts from a number.
  public static func - (a: Float, b: Tensor) -> Tensor {
    Tensor(binary(CK_REVERSE_SUBTRACT, b, a), from: [b]) { g in [-g] }
  }
  /// Multiplies by a number.
  public static func * (a: Tensor, b: Float) -> Tensor { Tensor(binary(CK_MULTIPLY, a, b), from: [a]) { g in [g * b] } }
  /// Multiplies by a number.
  public static func * (a: Float, b: Tensor) -> Tensor { b * a }
  /// Divides by a number.
  public static func / (a: Tensor, b: Float) -> Tensor { Tensor(binary(CK_DIVIDE, a, b), from: [a]) { g in [g / b] } }

  /// This tensor plus a gradient that arrives at the same place, in place where nobody else looks.
  mutating func accumulate(_ other: Tensor) {
    guard shape == other.shape else { fatalError("accumulate: \(shape) + \(other.shape)") }
    let target = isUnique() ? self : Tensor.uninitialized(shape, element)
    kernels.binary(CK_ADD, read, other.read, target.written, count: count)
    self = target
  }
}

/// `a op b` for a number.
func binary(_ op: ck_binary, _ a: Tensor, _ b: Float) -> Tensor {
  let c = Tensor.uninitialized(a.shape, a.element)
  kernels.binary(op, a.read, b, c.written, count: a.count)
  return c
}

/// `a op b` with broadcasting. Rows and columns against a matrix, by far the most usual, need no copies.
func binary(_ op: ck_binary, _ a: Tensor, _ b: Tensor) -> Tensor {
  let shape = broadcast(a.shape, b.shape)
  let c = Tensor.uninitialized(shape, a.element.joined(b.element))
  if c.count == 0 { return c }
  if a.shape == shape, let pattern = Pattern(of: b.shape, within: shape) {
    run(op, a, b, c, pattern)
  } else if b.shape == shape, let swapped = op.swapped, let pattern = Pattern(of: a.shape, within: shape) {
    run(swapped, b, a, c, pattern)
  } else {
    run(op, a.expanded(to: shape), b.expanded(to: shape), c, .same)
  }
  return c
}

/// How a smaller operand repeats over a larger one.
private enum Pattern {
  case same
  case row(width: Int)
  case column(width: Int)

  init?(of small: Shape, within large: Shape) {
    if small == large {
      self = .same
      return
    }
    let small = Array(repeating: 1, count: large.rank - small.rank) + small.extents
    let large = large.extents
    // A row: ones, then the trailing extents. A column: the leading extents, then ones.
    let firstReal = small.firstIndex { $0 != 1 } ?? small.count
    let lastReal = small.lastIndex { $0 != 1 } ?? -1
    if small[firstReal...] == large[firstReal...] {
      self = .row(width: large[firstReal...].reduce(1, *))
    } else if small[...lastReal] == large[...lastReal] {
      self = .column(width: large[(lastReal + 1)...].reduce(1, *))
    } else {
      return nil
    }
  }
}

private func run(_ op: ck_binary, _ a: Tensor, _ b: Tensor, _ c: Tensor, _ pattern: Pattern) {
  switch pattern {
  case .same: kernels.binary(op, a.read, b.read, c.written, count: c.count)
  case .row(let width): kernels.binary(op, a.read, row: b.read, c.written, rows: c.count / width, n: width)
  case .column(let width): kernels.binary(op, a.read, column: b.read, c.written, rows: c.count / width, n: width)
  }
}

extension ck_binary {
  /// The same op with its operands exchanged, where there is one.
  fileprivate var swapped: ck_binary? {
    switch self {
    case CK_SUBTRACT: CK_REVERSE_SUBTRACT
    case CK_DIVIDE: CK_REVERSE_DIVIDE
    case CK_ADD, CK_MULTIPLY, CK_MAXIMUM, CK_MINIMUM, CK_EQUAL: self
    default: nil
    }
  }
}

private func broadcast(_ a: Shape, _ b: Shape) -> Shape {
  let rank = max(a.rank, b.rank)
  let x = Array(repeating: 1, count: rank - a.rank) + a.extents
  let y = Array(repeating: 1, count: rank - b.rank) + b.extents
  return Shape(
    zip(x, y).map { x, y in
      guard x == y || x == 1 || y == 1 else { fatalError("arithmetic: shapes \(a) and \(b) do not broadcast") }
      return x == 1 ? y : x
    })
}
