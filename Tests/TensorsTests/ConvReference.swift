import CKernels
@preconcurrency import Tensors

/// Instruction sets that this CPU can run.
let levelsHere = [CK_PORTABLE, CK_AVX2, CK_AVX512, CK_AVX512BF16].filter { $0.rawValue <= ck_best_level().rawValue }

/// Pictures for a test: values that their type holds exactly, at an address that is aligned to nothing but it.
final class Pictures {
  let type: ActivationType
  let count: Int
  private let block: UnsafeMutableRawPointer
  private var pointer: UnsafeMutableRawPointer { block + type.bytes }

  init(_ type: ActivationType, count: Int, _ value: (Int) -> Float = { _ in .nan }) {
    self.type = type
    self.count = count
    block = .allocate(byteCount: (count + 2) * type.bytes, alignment: 64)
    for i in 0..<count { self[i] = value(i) }
  }

  deinit { block.deallocate() }

  /// Calls `body` with the address; the pictures outlive the call.
  func with<R>(_ body: (UnsafeMutableRawPointer) -> R) -> R {
    withExtendedLifetime(self) { body(pointer) }
  }

  subscript(i: Int) -> Float {
    get {
      switch type {
      case .float32: return pointer.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
      case .bfloat16:
        return Float(bitPattern: UInt32(pointer.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)) << 16)
      }
    }
    set {
      switch type {
      case .float32: pointer.storeBytes(of: newValue, toByteOffset: 4 * i, as: Float.self)
      case .bfloat16:
        pointer.storeBytes(of: UInt16(newValue.bitPattern >> 16), toByteOffset: 2 * i, as: UInt16.self)
      }
    }
  }

  var doubles: [Double] { (0..<count).map { Double(self[$0]) } }
  var bits: [UInt32] { (0..<count).map { self[$0].bitPattern } }
}

/// Small multiples of 1/32 in [−2, 2): bf16 holds them exactly.
struct Draws {
  private var state: UInt64
  init(_ seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int(state >> 57) - 64) / 32
  }

  mutating func array(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }
}

/// Convolution and its gradients as their definitions say, in double precision.
struct ConvReference {
  let shape: ConvolutionShape
  private var s: ConvolutionShape { shape }

  /// Calls `body(input index, weight index, output index)` for every product of the convolution.
  func forEachProduct(_ body: (Int, Int, Int) -> Void) {
    let inputs = s.inChannels / s.groups
    let outputs = s.outChannels / s.groups
    for n in 0..<s.batch {
      for oy in 0..<s.outHeight {
        for ox in 0..<s.outWidth {
          for ky in 0..<s.kernelHeight {
            for kx in 0..<s.kernelWidth {
              let y = oy * s.stride + ky - s.padding
              let x = ox * s.stride + kx - s.padding
              guard y >= 0, y < s.inHeight, x >= 0, x < s.inWidth else { continue }
              let pixel = ((n * s.inHeight + y) * s.inWidth + x) * s.inChannels
              let target = ((n * s.outHeight + oy) * s.outWidth + ox) * s.outChannels
              for o in 0..<s.outChannels {
                for c in 0..<inputs {
                  body(
                    pixel + o / outputs * inputs + c, ((o * inputs + c) * s.kernelHeight + ky) * s.kernelWidth + kx,
                    target + o)
                }
              }
            }
          }
        }
      }
    }
  }

  func forward(_ input: [Double], _ weights: [Float], _ bias: [Float]?) -> [Double] {
    var output = (0..<s.outCount).map { Double(bias?[$0 % s.outChannels] ?? 0) }
    forEachProduct { i, w, o in output[o] += input[i] * Double(weights[w]) }
    return output
  }

  func inputGradient(_ gradient: [Double], _ weights: [Float]) -> [Double] {
    var result = [Double](repeating: 0, count: s.inCount)
    forEachProduct { i, w, o in result[i] += gradient[o] * Double(weights[w]) }
    return result
  }

  func weightGradient(_ input: [Double], _ gradient: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: s.weightCount)
    forEachProduct { i, w, o in result[w] += gradient[o] * input[i] }
    return result
  }
}

/// The largest difference, in units of the reference's largest value; infinite if one of them is no number.
func relativeError(_ values: [Double], _ reference: [Double]) -> Double {
  let scale = max(reference.reduce(0) { max($0, abs($1)) }, 1e-30)
  return zip(values, reference).reduce(0) { worst, pair in
    let difference = abs(pair.0 - pair.1) / scale
    return difference.isNaN ? .infinity : max(worst, difference)
  }
}
