import CKernels

/// The search kernels of one instruction set.
package struct SearchKernels: @unchecked Sendable {
  // A constant of the library: it is only read.
  let table: UnsafePointer<ck_search_kernels>

  /// The kernels of a level; tests ask for lower ones than this CPU's.
  package init(level: ck_level) {
    guard let table = ck_search(level) else { fatalError("search: no kernels for level \(level)") }
    self.table = table
  }

  private init(_ table: UnsafePointer<ck_search_kernels>?) {
    guard let table else { fatalError("search: no kernels") }
    self.table = table
  }

  /// This CPU's best.
  package static var best: SearchKernels { SearchKernels(ck_search_best()) }

  /// The inner product in double precision. It is what decides the order of search results: the products are exact, and
  /// the order of the additions depends on the width alone, so that equal rows have equal scores on every CPU.
  package func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
    guard a.count == b.count else { fatalError("dot: \(a.count) numbers × \(b.count)") }
    guard let left = a.baseAddress, let right = b.baseAddress else { return 0 }
    return table.pointee.dot(left, right, a.count)
  }

  /// The same for arrays.
  package func dot(_ a: [Float], _ b: [Float]) -> Double {
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { dot(a, $0) } }
  }
}
