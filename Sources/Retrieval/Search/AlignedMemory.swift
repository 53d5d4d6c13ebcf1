import Glibc
import Tensors

/// Memory for large tables: aligned to a cache line, on huge pages where there are enough bytes for them, and zero.
final class AlignedMemory: @unchecked Sendable {
  // Whoever makes it fills it before anybody else sees it; from then on it is only read.
  let base: UnsafeMutableRawPointer
  let bytes: Int

  init(bytes: Int) {
    let hugePage = 1 << 21
    var base: UnsafeMutableRawPointer?
    let alignment = bytes >= hugePage ? hugePage : 64
    guard posix_memalign(&base, alignment, max(bytes, 64)) == 0, let base else {
      endOutOfMemory(bytes, for: "embeddings")
    }
    if bytes >= hugePage { madvise(base, bytes, MADV_HUGEPAGE) }
    memset(base, 0, max(bytes, 64))
    self.base = base
    self.bytes = bytes
  }

  deinit { free(base) }
}
