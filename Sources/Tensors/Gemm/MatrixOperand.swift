import CKernels

/// What a matrix in memory is made of.
package enum MatrixElement: Sendable, CaseIterable {
  case float32, bfloat16

  package var byteCount: Int { self == .float32 ? 4 : 2 }

  var kernelElement: ck_element { self == .float32 ? CK_F32 : CK_BF16 }
}

/// On what values a product is computed. Sums are fp32 either way.
package enum ProductPrecision: Sendable, CaseIterable {
  /// On fp32 values.
  case fp32
  /// On values rounded to bf16 (to nearest, ties to even), whether they come as fp32 or as bf16.
  case bf16
}

/// A row-major matrix that a product reads: as it lies in memory, or transposed.
package struct MatrixOperand {
  package var pointer: UnsafeRawPointer
  package var element: MatrixElement
  /// Elements from a row in memory to the next.
  package var rowStride: Int
  /// Whether the product sees rows where memory has columns.
  package var transposed: Bool

  package init(
    _ pointer: UnsafeRawPointer, _ element: MatrixElement = .float32, rowStride: Int, transposed: Bool = false
  ) {
    self.pointer = pointer
    self.element = element
    self.rowStride = rowStride
    self.transposed = transposed
  }

  var kernelMatrix: ck_matrix {
    ck_matrix(data: pointer, stride: rowStride, element: element.kernelElement, transposed: transposed)
  }

  func advanced(by elements: Int) -> MatrixOperand {
    var moved = self
    moved.pointer += elements * element.byteCount
    return moved
  }
}

/// A row-major matrix that a product writes.
package struct MatrixResult {
  package var pointer: UnsafeMutableRawPointer
  package var element: MatrixElement
  /// Elements from a row to the next.
  package var rowStride: Int

  package init(_ pointer: UnsafeMutableRawPointer, _ element: MatrixElement = .float32, rowStride: Int) {
    self.pointer = pointer
    self.element = element
    self.rowStride = rowStride
  }

  func advanced(by elements: Int) -> MatrixResult {
    var moved = self
    moved.pointer += elements * element.byteCount
    return moved
  }
}
