import CKernels
import Glibc

/// Memory of one or more tensors: 64-byte aligned, from a pool, given back when the last tensor is gone.
public final class Storage: Sendable {
  nonisolated(unsafe) let pointer: UnsafeMutableRawPointer
  /// Bytes that may be used.
  public let byteCount: Int

  /// Memory with whatever was in it before.
  public init(byteCount: Int) {
    self.byteCount = byteCount
    pointer = StoragePool.shared.take(byteCount)
  }

  deinit { StoragePool.shared.giveBack(pointer, byteCount) }
}

/// The memory that all tensors of the process share.
public final class StoragePool: Sendable {
  /// The pool. It holds no values that anybody could observe, only memory.
  public static let shared = StoragePool()

  private let arena = Locked(Arena())
  /// Under the address sanitizer every storage is an allocation of its own, so that an overrun is seen.
  private let bypassed = ck_address_sanitizer() != 0

  /// Bytes that the pool holds, and bytes of them that tensors use now.
  public var statistics: (reserved: Int, used: Int) { arena.withLock { ($0.reserved, $0.used) } }

  func take(_ bytes: Int) -> UnsafeMutableRawPointer {
    guard bytes >= 0, bytes < Int.max - 4096 else { fatalError("a tensor of \(bytes) bytes is beyond any machine") }
    let size = Arena.roundedSize(bytes)
    let taken: UInt? =
      if bypassed {
        aligned_alloc(Arena.alignment, size).map { UInt(bitPattern: $0) }
      } else {
        arena.withLock { $0.take(size).map { UInt(bitPattern: $0) } }
      }
    guard let taken, let pointer = UnsafeMutableRawPointer(bitPattern: taken) else {
      endOutOfMemory(bytes, for: "a tensor")
    }
    return pointer
  }

  func giveBack(_ pointer: UnsafeMutableRawPointer, _ bytes: Int) {
    if bypassed { return free(pointer) }
    let address = UInt(bitPattern: pointer)
    arena.withLock { arena in
      if let pointer = UnsafeMutableRawPointer(bitPattern: address) {
        arena.giveBack(pointer, size: Arena.roundedSize(bytes))
      }
    }
  }
}
