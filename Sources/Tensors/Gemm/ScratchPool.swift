import Glibc

/// Aligned memory for packed matrices, kept for the next product: a training loop's steady state asks the system for
/// none.
final class ScratchPool: Sendable {
  static let shared = ScratchPool()

  /// A piece of scratch memory of 2^order bytes.
  struct Block: @unchecked Sendable {
    // Nobody but the one who took the block uses its memory until it is given back.
    let base: UnsafeMutableRawPointer
    fileprivate let order: Int
  }

  private let free = Locked([[Block]](repeating: [], count: Int.bitWidth))

  /// At least `bytes` bytes, aligned to a cache line (and to a huge page where there are that many).
  func take(bytes: Int) -> Block {
    let order = max(16, Int.bitWidth - max(bytes - 1, 0).leadingZeroBitCount)
    return free.withLock { $0[order].popLast() } ?? allocate(order: order)
  }

  func giveBack(_ block: Block) {
    free.withLock { $0[block.order].append(block) }
  }

  /// Scratch memory for the duration of a call.
  func with<Result>(bytes: Int, _ body: (UnsafeMutableRawPointer) -> Result) -> Result {
    let block = take(bytes: bytes)
    defer { giveBack(block) }
    return body(block.base)
  }

  private func allocate(order: Int) -> Block {
    let hugePage = 1 << 21
    let bytes = 1 << order
    var base: UnsafeMutableRawPointer?
    guard posix_memalign(&base, bytes >= hugePage ? hugePage : 4096, bytes) == 0, let base else {
      endOutOfMemory(bytes, for: "packed matrices")
    }
    if bytes >= hugePage { madvise(base, bytes, MADV_HUGEPAGE) }
    return Block(base: base, order: order)
  }
}
