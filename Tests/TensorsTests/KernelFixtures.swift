import CKernels
import Tensors

/// Lengths around the sizes of vectors, tiles and blocks.
let lengths = [0, 1, 2, 3, 7, 15, 16, 17, 31, 33, 65, 197, 2049, 4100]

/// Numbers in memory that begin one element after an aligned address, and that notice a write past their end.
final class Numbers {
  let type: ck_element
  let count: Int
  private let memory: UnsafeMutableRawPointer
  private static let guardElements = 32
  private static let guardByte: UInt8 = 0xA7

  init(_ type: ck_element, _ values: [Double]) {
    self.type = type
    count = values.count
    let bytes = (count + 1 + Self.guardElements) * type.size
    memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: Self.guardByte, count: bytes)
    for (i, value) in values.enumerated() { self[i] = value }
  }

  convenience init(_ values: [Double]) { self.init(CK_F32, values) }

  convenience init(_ type: ck_element = CK_F32, zeros count: Int) {
    self.init(type, [Double](repeating: 0, count: count))
  }

  deinit { memory.deallocate() }

  var start: UnsafeMutableRawPointer { memory + type.size }
  var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }
  var words: UnsafeMutablePointer<UInt32> { start.assumingMemoryBound(to: UInt32.self) }
  var elements: Elements { Elements(start, type) }
  var output: MutableElements { MutableElements(start, type) }

  subscript(i: Int) -> Double {
    get {
      type == CK_F32
        ? Double(floats[i])
        : Double(Float(bitPattern: UInt32(start.load(fromByteOffset: 2 * i, as: UInt16.self)) << 16))
    }
    set {
      if type == CK_F32 {
        floats[i] = Float(newValue)
      } else {
        start.storeBytes(of: bfloat(Float(newValue)), toByteOffset: 2 * i, as: UInt16.self)
      }
    }
  }

  var values: [Double] { (0..<count).map { self[$0] } }
  var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: count * type.size)) }
  /// Whether nothing has been written before the first or after the last number.
  var isIntact: Bool {
    let end = (count + 1) * type.size
    return (0..<type.size).allSatisfy { memory.load(fromByteOffset: $0, as: UInt8.self) == Self.guardByte }
      && (end..<end + Self.guardElements * type.size).allSatisfy {
        memory.load(fromByteOffset: $0, as: UInt8.self) == Self.guardByte
      }
  }
}

/// bf16's bits: to nearest even, NaN kept.
func bfloat(_ x: Float) -> UInt16 {
  if x.isNaN { return UInt16(truncatingIfNeeded: x.bitPattern >> 16) | 0x40 }
  let bits = UInt64(x.bitPattern)
  return UInt16(truncatingIfNeeded: (bits + 0x7fff + (bits >> 16) & 1) >> 16)
}

/// Numbers that look random and are the same everywhere: about uniform in ±scale.
func noise(_ count: Int, scale: Double = 2, seed: UInt64 = 1) -> [Double] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return (Double(state >> 11) / 0x1p52 - 1) * scale
  }
}

/// Whether two numbers agree to so many parts of the larger of `scale` and the expected one; NaN only with NaN.
func agree(_ got: Double, _ expected: Double, _ tolerance: Double, scale: Double = 1e-30) -> Bool {
  if expected.isNaN { return got.isNaN }
  if expected.isInfinite || got.isInfinite { return got == expected }
  return abs(got - expected) <= tolerance * max(abs(expected), scale)
}

/// The first place where two lists of numbers disagree, for a message.
func mismatch(
  _ got: [Double], _ expected: [Double], _ tolerance: Double, scale: Double = 1e-30
) -> String? {
  guard got.count == expected.count else { return "\(got.count) numbers, not \(expected.count)" }
  return got.indices.first { !agree(got[$0], expected[$0], tolerance, scale: scale) }.map {
    "[\($0)] is \(got[$0]), not \(expected[$0])"
  }
}

/// What a kernel writes must not depend on the number of threads.
func sameBits(_ run: () -> [Numbers]) -> Bool {
  let one = ThreadPool.$current.withValue(ThreadPool(threads: 1)) { run().map(\.bytes) }
  return [2, 5].allSatisfy { threads in
    ThreadPool.$current.withValue(ThreadPool(threads: threads)) { run().map(\.bytes) } == one
  }
}
