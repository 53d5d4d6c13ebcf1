import CKernels
import Glibc
import Tensors

/// Every instruction set that this CPU has, for tests of the kernels.
let levels: [ck_level] = [CK_PORTABLE, CK_AVX2, CK_AVX512, CK_AVX512BF16].filter {
  $0.rawValue <= ck_best_level().rawValue
}

/// The bits of the bf16 nearest to x, ties to even.
func bfloat16Bits(_ x: Float) -> UInt16 {
  if x.isNaN { return 0x7fc0 }
  let bits = x.bitPattern
  return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
}

func bfloat16Value(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

func roundedToBFloat16(_ x: Float) -> Float { bfloat16Value(bfloat16Bits(x)) }

/// A matrix in memory of its own, in rows that may be wider than the matrix, starting at an odd address.
final class TestMatrix {
  let rows: Int, columns: Int, stride: Int
  let element: MatrixElement
  private var bytes: UnsafeMutableRawPointer
  private static let padding: Float = 777

  var pointer: UnsafeMutableRawPointer { bytes + element.byteCount }

  init(rows: Int, columns: Int, element: MatrixElement = .float32, extraStride: Int = 0, _ value: (Int, Int) -> Float) {
    self.rows = rows
    self.columns = columns
    self.element = element
    stride = columns + extraStride
    bytes = .allocate(byteCount: (rows * stride + 2) * element.byteCount, alignment: 64)
    for i in -1...rows * stride { store(Self.padding, at: i) }
    for i in 0..<rows { for j in 0..<columns { store(value(i, j), at: i * stride + j) } }
  }

  deinit { bytes.deallocate() }

  private func store(_ x: Float, at i: Int) {
    switch element {
    case .float32: pointer.storeBytes(of: x, toByteOffset: i * 4, as: Float.self)
    case .bfloat16: pointer.storeBytes(of: bfloat16Bits(x), toByteOffset: i * 2, as: UInt16.self)
    }
  }

  private func load(at i: Int) -> Float {
    switch element {
    case .float32: pointer.loadUnaligned(fromByteOffset: i * 4, as: Float.self)
    case .bfloat16: bfloat16Value(pointer.loadUnaligned(fromByteOffset: i * 2, as: UInt16.self))
    }
  }

  subscript(i: Int, j: Int) -> Float { load(at: i * stride + j) }

  /// The values as bit patterns, for comparisons to the last bit.
  var bits: [UInt32] { (0..<rows).flatMap { i in (0..<columns).map { self[i, $0].bitPattern } } }

  /// Whether nothing was written beside the matrix.
  var isFramed: Bool {
    load(at: -1) == bfloat16ValueOfPadding && load(at: rows * stride) == bfloat16ValueOfPadding
      && (0..<rows).allSatisfy { i in
        (columns..<stride).allSatisfy { load(at: i * stride + $0) == bfloat16ValueOfPadding }
      }
  }

  private var bfloat16ValueOfPadding: Float {
    element == .float32 ? Self.padding : roundedToBFloat16(Self.padding)
  }

  func operand(transposed: Bool = false) -> MatrixOperand {
    MatrixOperand(pointer, element, rowStride: stride, transposed: transposed)
  }
  var result: MatrixResult { MatrixResult(pointer, element, rowStride: stride) }
}

/// Numbers from a small generator: tests must not depend on anything else.
struct TestRandom {
  private var state: UInt64
  init(_ seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9e37_79b9_7f4a_7c15 | 1 }

  mutating func uniform() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24) * 2 - 1
  }
}

/// The activation and its derivative in double precision, from their definitions.
func reference(_ activation: FusedActivation, _ x: Double) -> (value: Double, slope: Double) {
  func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  switch activation {
  case .none: return (x, 1)
  case .relu: return (x > 0 ? x : 0, x > 0 ? 1 : 0)
  case .gelu:
    let phi = 0.5 * (1 + erf(x / 2.0.squareRoot()))
    return (x * phi, phi + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
  case .geluTanh:
    let c = (2 / Double.pi).squareRoot()
    let t = tanh(c * (x + 0.044715 * x * x * x))
    return (0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x))
  case .quickGelu:
    let s = sigmoid(1.702 * x)
    return (x * s, s + x * 1.702 * s * (1 - s))
  }
}
