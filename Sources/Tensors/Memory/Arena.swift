import Glibc

/// Carves blocks out of large pieces of memory and keeps what is given back: after its first step a training loop asks
/// the system for nothing more.
///
/// Best fit with splitting and merging, so that the memory of a step comes close to what is alive at its peak, whatever
/// the mix of sizes. Segments are aligned to huge pages, which spares matrix products most of their TLB misses.
struct Arena {
  static let alignment = 64
  private static let hugePage = 2 << 20
  private static let segmentSize = 64 << 20

  /// Free blocks ordered by (size, address), for the best fit.
  private var free: [Block] = []
  /// Where free blocks begin and end, for merging with a neighbour.
  private var freeByStart: [UInt: Int] = [:]
  private var freeByEnd: [UInt: Int] = [:]

  /// Bytes asked from the system so far.
  private(set) var reserved = 0
  /// Bytes in blocks that are in use.
  private(set) var used = 0

  private struct Block: Comparable {
    var size: Int
    var start: UInt
    static func < (a: Block, b: Block) -> Bool { (a.size, a.start) < (b.size, b.start) }
  }

  /// The size that a request is rounded up to.
  static func roundedSize(_ bytes: Int) -> Int { max(alignment, (bytes + alignment - 1) & ~(alignment - 1)) }

  /// A block of `size` bytes (a value of ``roundedSize(_:)``), or `nil` if the system has no memory.
  mutating func take(_ size: Int) -> UnsafeMutableRawPointer? {
    var place = firstFree(atLeast: size)
    if place == free.count {
      guard grow(by: size) else { return nil }
      place = firstFree(atLeast: size)
    }
    let block = free[place]
    removeFree(at: place)
    if block.size > size { insertFree(Block(size: block.size - size, start: block.start + UInt(size))) }
    used += size
    return UnsafeMutableRawPointer(bitPattern: block.start)
  }

  /// Gives back a block that ``take(_:)`` handed out.
  mutating func giveBack(_ pointer: UnsafeMutableRawPointer, size: Int) {
    used -= size
    var block = Block(size: size, start: UInt(bitPattern: pointer))
    if let next = freeByStart[block.start + UInt(block.size)] {
      removeFree(Block(size: next, start: block.start + UInt(block.size)))
      block.size += next
    }
    if let previous = freeByEnd[block.start] {
      removeFree(Block(size: previous, start: block.start - UInt(previous)))
      block.start -= UInt(previous)
      block.size += previous
    }
    insertFree(block)
  }

  private mutating func grow(by size: Int) -> Bool {
    let (wanted, overflow) = size.addingReportingOverflow(2 * Self.hugePage)
    guard !overflow else { return false }
    let length = max(Self.segmentSize, wanted & ~(Self.hugePage - 1))
    let mapped = mmap(nil, length + Self.hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { return false }
    let start = (UInt(bitPattern: mapped) + UInt(Self.hugePage - 1)) & ~UInt(Self.hugePage - 1)
    _ = UnsafeMutableRawPointer(bitPattern: start).map { madvise($0, length, MADV_HUGEPAGE) }
    reserved += length
    insertFree(Block(size: length, start: start))
    return true
  }

  private func firstFree(atLeast size: Int) -> Int { lowerBound(Block(size: size, start: 0)) }

  private func lowerBound(_ block: Block) -> Int {
    var low = 0
    var high = free.count
    while low < high {
      let middle = (low + high) / 2
      if free[middle] < block { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func insertFree(_ block: Block) {
    free.insert(block, at: lowerBound(block))
    freeByStart[block.start] = block.size
    freeByEnd[block.start + UInt(block.size)] = block.size
  }

  private mutating func removeFree(_ block: Block) { removeFree(at: lowerBound(block)) }

  private mutating func removeFree(at place: Int) {
    let block = free.remove(at: place)
    freeByStart[block.start] = nil
    freeByEnd[block.start + UInt(block.size)] = nil
  }
}
