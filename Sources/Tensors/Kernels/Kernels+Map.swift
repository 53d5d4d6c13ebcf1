import CKernels

extension Kernels {
  /// y = x in another element type.
  package func cast(_ x: Elements, _ y: MutableElements, count: Int) {
    let stream = Self.streams(count, y)
    loop(count, grain: Self.grain, moves: count * (x.type.size + y.type.size)) { r in
      let (x, y) = (x + r.lowerBound, y + r.lowerBound)
      c.cast(x.type, x.start, y.type, y.start, r.count, stream)
    }
  }

  /// y = f(x).
  package func unary(_ op: ck_unary, _ x: Elements, _ y: MutableElements, count: Int) {
    let stream = Self.streams(count, y)
    loop(count, grain: Self.grain, moves: count * (x.type.size + y.type.size)) { r in
      let (x, y) = (x + r.lowerBound, y + r.lowerBound)
      c.unary(op, x.type, x.start, y.type, y.start, r.count, stream)
    }
  }

  /// dx = g f′, from the output where `ck_unary_saves_output(op)` and from the input otherwise.
  package func unaryBackward(_ op: ck_unary, g: Elements, saved: Elements, dx: MutableElements, count: Int) {
    let stream = Self.streams(count, dx)
    loop(count, grain: Self.grain, moves: count * (g.type.size + saved.type.size + dx.type.size)) { r in
      let (g, saved, dx) = (g + r.lowerBound, saved + r.lowerBound, dx + r.lowerBound)
      c.unary_backward(op, g.type, g.start, saved.type, saved.start, dx.type, dx.start, r.count, stream)
    }
  }

  /// z = x op y, of the same shape.
  package func binary(_ op: ck_binary, _ x: Elements, _ y: Elements, _ z: MutableElements, count: Int) {
    let stream = Self.streams(count, z)
    loop(count, grain: Self.grain, moves: count * (x.type.size + y.type.size + z.type.size)) { r in
      let (x, y, z) = (x + r.lowerBound, y + r.lowerBound, z + r.lowerBound)
      c.binary(op, x.type, x.start, y.type, y.start, z.type, z.start, r.count, stream)
    }
  }

  /// z = x op a number.
  package func binary(_ op: ck_binary, _ x: Elements, _ y: Float, _ z: MutableElements, count: Int) {
    let stream = Self.streams(count, z)
    loop(count, grain: Self.grain, moves: count * (x.type.size + z.type.size)) { r in
      let (x, z) = (x + r.lowerBound, z + r.lowerBound)
      c.binary_scalar(op, x.type, x.start, y, z.type, z.start, r.count, stream)
    }
  }

  /// z = x op y, x of [rows, n] and y of [n].
  package func binary(_ op: ck_binary, _ x: Elements, row y: Elements, _ z: MutableElements, rows: Int, n: Int) {
    let stream = Self.streams(rows * n, z)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (x.type.size + z.type.size)) { r in
      let (x, z) = (x + r.lowerBound * n, z + r.lowerBound * n)
      c.binary_row(op, x.type, x.start, y.type, y.start, z.type, z.start, r.count, n, stream)
    }
  }

  /// z = x op y, x of [rows, n] and y of [rows].
  package func binary(_ op: ck_binary, _ x: Elements, column y: Elements, _ z: MutableElements, rows: Int, n: Int) {
    let stream = Self.streams(rows * n, z)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (x.type.size + z.type.size)) { r in
      let (x, y, z) = (x + r.lowerBound * n, y + r.lowerBound, z + r.lowerBound * n)
      c.binary_column(op, x.type, x.start, y.type, y.start, z.type, z.start, r.count, n, stream)
    }
  }

  /// z = alpha x + beta y: residual sums, axpy, moving averages of parameters.
  package func scaledAdd(
    _ alpha: Float, _ x: Elements, _ beta: Float, _ y: Elements, _ z: MutableElements, count: Int
  ) {
    let stream = Self.streams(count, z)
    loop(count, grain: Self.grain, moves: count * (x.type.size + y.type.size + z.type.size)) { r in
      let (x, y, z) = (x + r.lowerBound, y + r.lowerBound, z + r.lowerBound)
      c.scaled_add(alpha, x.type, x.start, beta, y.type, y.start, z.type, z.start, r.count, stream)
    }
  }
}
