/// Converts elements to single precision. Values beyond its range become infinite, whole numbers beyond 2²⁴ are rounded.
func widen(_ bytes: UnsafeRawBufferPointer, _ type: ElementType, into floats: UnsafeMutableBufferPointer<Float>) {
  let count = bytes.count / type.size
  switch type {
  case .f64: for i in 0..<count { floats[i] = Float(bytes.element(i, Double.self)) }
  case .f32: for i in 0..<count { floats[i] = bytes.element(i, Float.self) }
  case .f16: for i in 0..<count { floats[i] = widenHalf(bytes.element(i, UInt16.self)) }
  case .bf16: for i in 0..<count { floats[i] = Float(bitPattern: UInt32(bytes.element(i, UInt16.self)) << 16) }
  case .i64: for i in 0..<count { floats[i] = Float(bytes.element(i, Int64.self)) }
  case .i32: for i in 0..<count { floats[i] = Float(bytes.element(i, Int32.self)) }
  case .i16: for i in 0..<count { floats[i] = Float(bytes.element(i, Int16.self)) }
  case .i8: for i in 0..<count { floats[i] = Float(Int8(bitPattern: bytes[i])) }
  case .u8: for i in 0..<count { floats[i] = Float(bytes[i]) }
  case .bool: for i in 0..<count { floats[i] = bytes[i] == 0 ? 0 : 1 }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func element<T: BitwiseCopyable>(_ index: Int, _ type: T.Type) -> T {
    loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: type)
  }
}

/// Half precision → single, exactly, in whole-number arithmetic: the same on every machine, whatever its mode for
/// denormals.
package func widenHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 31
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  case 0 where fraction == 0: return Float(bitPattern: sign)
  case 0:
    // A denormal is a normal number of single precision: move its first one bit before the point.
    let shift = UInt32(fraction.leadingZeroBitCount) - 21
    return Float(bitPattern: sign | (113 - shift) << 23 | (fraction << shift & 0x3FF) << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

/// Single precision → half, to the nearest, ties to even.
package func narrowToHalf(_ value: Float) -> UInt16 {
  let sign = UInt16(value.bitPattern >> 16) & 0x8000
  let magnitude = value.bitPattern & 0x7FFF_FFFF
  if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
  // From 65520 on, the middle between the largest half and the next power of two, everything is infinite.
  if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
  let exponent = Int32(magnitude >> 23) - 112
  // How many bits fall off: 13, and one more for each step below the smallest normal half.
  let dropped = exponent >= 1 ? 13 : UInt32(min(14 - exponent, 31))
  let fraction = exponent >= 1 ? magnitude - 112 << 23 : magnitude & 0x7F_FFFF | 0x80_0000
  let half = (UInt32(1) << (dropped - 1)) - 1 + (fraction >> dropped & 1)
  return sign | UInt16((fraction + half) >> dropped)
}

/// Single precision → bfloat16, to the nearest, ties to even.
package func narrowToBFloat16(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  if value.isNaN { return UInt16(bits >> 16) | 0x40 }
  return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
}
