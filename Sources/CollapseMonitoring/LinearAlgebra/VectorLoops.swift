/// Σ a · b, summed in eight lanes: the compiler may not reorder a plain sum of floating-point numbers.
@inline(__always)
func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
  var lanes = SIMD8<Double>.zero
  var i = 0
  while i + 8 <= count {
    lanes += lanesOfEight(a + i) * lanesOfEight(b + i)
    i += 8
  }
  var sum = lanes.sum()
  while i < count {
    sum += a[i] * b[i]
    i += 1
  }
  return sum
}

/// y ← y + factor · x
@inline(__always)
func add(_ factor: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, _ count: Int) {
  var i = 0
  while i + 8 <= count {
    UnsafeMutableRawPointer(y + i).storeBytes(
      of: lanesOfEight(UnsafePointer(y + i)) + factor * lanesOfEight(x + i), as: SIMD8<Double>.self)
    i += 8
  }
  while i < count {
    y[i] += factor * x[i]
    i += 1
  }
}

@inline(__always)
private func lanesOfEight(_ start: UnsafePointer<Double>) -> SIMD8<Double> {
  UnsafeRawPointer(start).loadUnaligned(as: SIMD8<Double>.self)
}
