/// Hands out pieces of a block of scratch memory, one after the other, each aligned to a cache line and not cleared.
struct ScratchArena {
  private var next: UnsafeMutableRawPointer
  private var left: Int

  /// What `take(type, count)` uses up; the sum of these is what to borrow.
  static func size<T>(_ type: T.Type, _ count: Int) -> Int {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
    if overflow || bytes > Int.max / 16 { fatalError("conv2d: \(count) \(type)s of scratch memory are too many") }
    return (bytes + 63) / 64 * 64
  }

  /// Borrows `bytes` bytes from the pool for the time of `body`.
  static func borrow<R>(bytes: Int, _ body: (inout ScratchArena) -> R) -> R {
    ScratchPool.shared.with(bytes: bytes) { base in
      var arena = ScratchArena(next: base, left: bytes)
      return body(&arena)
    }
  }

  mutating func take<T: BitwiseCopyable>(_ type: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
    let bytes = Self.size(type, count)
    if bytes > left { fatalError("conv2d: \(bytes) bytes of scratch memory asked for, \(left) left") }
    defer {
      next += bytes
      left -= bytes
    }
    return next.bindMemory(to: type, capacity: count)
  }

  mutating func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
    let zeros = take(Float.self, count)
    zeros.update(repeating: 0, count: count)
    return zeros
  }
}
