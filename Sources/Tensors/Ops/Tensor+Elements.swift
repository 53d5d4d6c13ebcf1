import CKernels

// How ops hand tensors to kernels.

let kernels = Kernels.best

extension ElementType {
  var ck: ck_element {
    switch self {
    case .float32: CK_F32
    case .bfloat16: CK_BF16
    case .int32: fatalError("arithmetic on a tensor of ids")
    }
  }

  /// What an op of two operands gives: bfloat16 only where both are.
  func joined(_ other: ElementType) -> ElementType { self == .bfloat16 && other == .bfloat16 ? .bfloat16 : .float32 }
}

extension Tensor {
  /// The elements, to be read.
  var read: Elements { Elements(bytes, element.ck) }

  /// The elements, to be written by the op that has just made the tensor.
  var written: MutableElements { MutableElements(bytes, element.ck) }

  /// The elements of a tensor of singles.
  var pointer: UnsafeMutablePointer<Float> {
    guard element == .float32 else { fatalError("a \(element) tensor of shape \(shape) where singles are needed") }
    return bytes.assumingMemoryBound(to: Float.self)
  }

  /// The same for other rooms, which hold the tensor while they use it.
  package var elementPointer: UnsafeMutablePointer<Float> { pointer }

  /// The singles of a tensor that the caller holds for as long as it uses them.
  package var floatBuffer: UnsafeMutableBufferPointer<Float> { floats }

  /// The elements of a tensor of ids.
  var idPointer: UnsafeMutablePointer<Int32> {
    guard element == .int32 else { fatalError("a \(element) tensor of shape \(shape) where ids are needed") }
    return bytes.assumingMemoryBound(to: Int32.self)
  }

  /// The last axis and how many rows there are along the others.
  var rowsAndWidth: (rows: Int, width: Int) {
    guard let width = shape.extents.last else { fatalError("a scalar has no rows") }
    return (shape.extents.dropLast().reduce(1, *), width)
  }
}
