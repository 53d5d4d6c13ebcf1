extension Tensor {
  /// The matrix product of the last two axes. Leading axes must agree, or the other operand is one matrix for all.
  ///
  /// Computed on bfloat16 numbers where both operands are, in single precision otherwise; sums are single either way.
  public func matmul(_ other: Tensor, transposingSelf: Bool = false, transposingOther: Bool = false) -> Tensor {
    let value = product(other, transposingSelf, transposingOther)
    let (x, y) = (kept, other.kept)
    let (wantsX, wantsY) = (isTracked, other.isTracked)
    // C = A B gives dA = dC Bᵀ and dB = Aᵀ dC; a transposed operand gets the transpose of that.
    return Tensor(value, from: [self, other]) { g in
      let (x, y) = (x(), y())
      let dx =
        transposingSelf ? { y.product(g, transposingOther, true) } : { g.product(y, false, !transposingOther) }
      let dy = { () -> Tensor in
        // One matrix for a whole batch: the batch is more rows of the same product.
        let (x, g) = y.rank == 2 && x.rank > 2 ? (x.flattenedRows, g.flattenedRows) : (x, g)
        return transposingOther ? g.product(x, true, transposingSelf) : x.product(g, !transposingSelf, false)
      }
      return [wantsX ? dx().cast(to: x.element) : nil, wantsY ? dy().cast(to: y.element) : nil]
    }
  }

  private var flattenedRows: Tensor { reshaped([count / Swift.max(1, shape[-1]), shape[-1]]) }

  private func product(_ other: Tensor, _ transposingSelf: Bool, _ transposingOther: Bool) -> Tensor {
    guard rank >= 2, other.rank >= 2 else { fatalError("matmul: \(shape) × \(other.shape): matrices have two axes") }
    let (m, k) = transposingSelf ? (shape[-1], shape[-2]) : (shape[-2], shape[-1])
    let (inner, n) = transposingOther ? (other.shape[-1], other.shape[-2]) : (other.shape[-2], other.shape[-1])
    guard k == inner else { fatalError("matmul: \(shape) × \(other.shape): inner dimensions differ") }
    let lead = Array(shape.extents.dropLast(2))
    let isShared = other.rank == 2
    guard isShared || Array(other.shape.extents.dropLast(2)) == lead else {
      fatalError("matmul: \(shape) × \(other.shape): leading dimensions differ")
    }
    let element = element.joined(other.element)
    let (a, b) = (cast(to: element), other.cast(to: element))
    let precision: ProductPrecision = element == .bfloat16 ? .bf16 : .fp32
    let value = Tensor.uninitialized(Shape(lead + [m, n]), element)
    let batch = lead.reduce(1, *)
    if isShared && !transposingSelf {
      gemm(
        m: batch * m, n: n, k: k, a: a.matrix(), b: b.matrix(transposed: transposingOther), c: value.matrixResult,
        precision: precision)
    } else {
      gemmBatched(
        batch: batch, m: m, n: n, k: k, a: a.matrix(transposed: transposingSelf), aStride: m * k,
        b: b.matrix(transposed: transposingOther), bStride: isShared ? 0 : k * n, c: value.matrixResult,
        cStride: m * n, precision: precision)
    }
    return value
  }

  /// The last axis as the columns of a matrix.
  func matrix(transposed: Bool = false) -> MatrixOperand {
    MatrixOperand(bytes, element.inMatrix, rowStride: shape[-1], transposed: transposed)
  }

  var matrixResult: MatrixResult { MatrixResult(bytes, element.inMatrix, rowStride: shape[-1]) }
}

extension ElementType {
  var inMatrix: MatrixElement {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int32: fatalError("matrix product of a tensor of ids")
    }
  }
}
