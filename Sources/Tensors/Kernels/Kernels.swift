import CKernels

/// Numbers in memory as kernels read them: where they begin, and whether they are fp32 or bf16.
package struct Elements {
  package var start: UnsafeRawPointer
  package var type: ck_element

  package init(_ start: UnsafeRawPointer, _ type: ck_element) {
    self.start = start
    self.type = type
  }

  package init(_ floats: UnsafePointer<Float>) { self.init(floats, CK_F32) }
  package init(bf16 halves: UnsafePointer<UInt16>) { self.init(halves, CK_BF16) }

  package static func + (elements: Elements, count: Int) -> Elements {
    Elements(elements.start + count * elements.type.size, elements.type)
  }
}

/// Numbers in memory that a kernel writes.
package struct MutableElements {
  package var start: UnsafeMutableRawPointer
  package var type: ck_element

  package init(_ start: UnsafeMutableRawPointer, _ type: ck_element) {
    self.start = start
    self.type = type
  }

  package init(_ floats: UnsafeMutablePointer<Float>) { self.init(floats, CK_F32) }
  package init(bf16 halves: UnsafeMutablePointer<UInt16>) { self.init(halves, CK_BF16) }

  package static func + (elements: MutableElements, count: Int) -> MutableElements {
    MutableElements(elements.start + count * elements.type.size, elements.type)
  }
}

extension ck_element {
  /// Bytes an element.
  @inlinable package var size: Int { self == CK_F32 ? 4 : 2 }
}

/// The memory-bound kernels on all threads of the current pool. How the work is cut depends only on its size, so that
/// results have the same bits for any number of threads.
package struct Kernels: Sendable {
  nonisolated(unsafe) let table: UnsafePointer<ck_elementwise>

  /// The best level that this CPU has.
  package static let best = Kernels(level: ck_best_level())

  /// The kernels of one level; tests run them all.
  package init(level: ck_level) { table = ck_elementwise_for(level) }

  var c: ck_elementwise { @inline(__always) unsafeAddress { table } }

  /// A loop in chunks, reported to the profile of this scope as the kernel that calls it.
  func loop(
    _ count: Int, grain: Int, moves bytes: @autoclosure () -> Int, _ function: StaticString = #function,
    _ body: (Range<Int>) -> Void
  ) {
    profiled(function, work: KernelWork(bytes: bytes())) { parallelFor(count, grain: grain, body) }
  }

  /// Elements a chunk: large against the microsecond that a loop costs, small against a core's cache.
  static let grain = 16384

  /// Rows a chunk, for rows of n.
  static func rowGrain(_ n: Int) -> Int { max(1, grain / max(n, 1)) }

  /// Rows a chunk where every chunk leaves a row of partial sums behind.
  static func sumGrain(_ n: Int) -> Int { max(64, rowGrain(n)) }

  /// Whether an output of so many bytes had better not push everything else out of the cache.
  static func streams(_ count: Int, _ output: MutableElements) -> Int32 {
    count * output.type.size >= 8 << 20 ? 1 : 0
  }
}
