import CKernels
import Glibc

/// What this machine can do at most, measured: the yardstick of `diptych bench kernels`.
package struct KernelCeilings: Sendable {
  package let threads: Int
  /// fp32 multiply-adds on registers, in GFLOP/s.
  package let fp32: Double
  /// The multiply-adds of a bf16 product: `vdpbf16ps` where the CPU has it, else those of fp32.
  package let bf16: Double
  /// Memory copied, in GB/s; every byte copied counts twice, as read and as written. The faster of the C library's copy
  /// and of our own, with stores that go past the cache.
  package let copy: Double

  /// Takes about half a second.
  package static func measure(threads: Int) -> KernelCeilings {
    let pool = ThreadPool(threads: threads)
    return KernelCeilings(
      threads: pool.threads, fp32: peak(.fp32, pool), bf16: peak(.bf16, pool), copy: copySpeed(pool))
  }

  package func peak(of precision: ProductPrecision) -> Double { precision == .fp32 ? fp32 : bf16 }

  /// GFLOP/s of nothing but multiply-adds, the best of a few rounds.
  package static func peak(_ precision: ProductPrecision, _ pool: ThreadPool) -> Double {
    let kernels = GemmKernels(precision)
    let work = { (rounds: Int) -> Double in
      var sink: Float = 1e-9
      return kernels.table.pointee.peak(rounds, &sink)
    }
    let rounds = 50_000
    let operations = work(1) * Double(rounds * pool.threads)
    let seconds = bestTime(of: 10) { pool.run(chunks: pool.threads) { _ in _ = work(rounds) } }
    return operations / seconds / 1e9
  }

  private static func copySpeed(_ pool: ThreadPool) -> Double {
    // Far more than any last-level cache holds.
    let bytes = 128 << 20
    let part = bytes / pool.threads / 64 * 64
    return ScratchPool.shared.with(bytes: bytes) { source in
      ScratchPool.shared.with(bytes: bytes) { target in
        memset(source, 1, bytes)
        memset(target, 1, bytes)
        let library = bestTime(of: 6) {
          pool.run(chunks: pool.threads) { _ = memcpy(target + $0 * part, source + $0 * part, part) }
        }
        let own = bestTime(of: 6) {
          ThreadPool.$current.withValue(pool) {
            Kernels.best.cast(Elements(source, CK_F32), MutableElements(target, CK_F32), count: part * pool.threads / 4)
          }
        }
        return 2 * Double(part * pool.threads) / min(library, own) / 1e9
      }
    }
  }

  /// The shortest of several runs, in seconds.
  package static func bestTime(of runs: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    return (0..<runs).map { _ in clock.measure(body) / .seconds(1) }.min() ?? 0
  }
}

/// One line of the kernel benchmark: what a kernel does, and what the machine could do.
package struct KernelBenchRow: Sendable {
  package let name: String
  package let threads: Int
  package let unit: String
  package let value: Double
  package let ceiling: Double
  package var share: Double { value / ceiling }

  package init(name: String, threads: Int, unit: String, value: Double, ceiling: Double) {
    self.name = name
    self.threads = threads
    self.unit = unit
    self.value = value
    self.ceiling = ceiling
  }
}
