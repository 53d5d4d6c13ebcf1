import CKernels

/// Fused attention, forward and backward, beside the peak of its precision. Counted are 4·T²·d operations forward and
/// 10·T²·d backward for T tokens and a head of width d (the backward pass computes the scores again: that is one of its
/// five products), and half of that where it is causal.
package func kernelBenchAttention(
  threads: Int, precisions: [ProductPrecision] = ProductPrecision.allCases
) -> [KernelBenchRow] {
  let pool = ThreadPool(threads: threads)
  return ThreadPool.$current.withValue(pool) {
    precisions.flatMap { precision in
      AttentionBenchShape.workloads.flatMap { shape in
        let before = KernelCeilings.peak(precision, pool)
        let speeds = shape.speeds(precision)
        let ceiling = max(before, KernelCeilings.peak(precision, pool))
        return [("forward", speeds.forward), ("backward", speeds.backward)].map { pass, speed in
          KernelBenchRow(
            name: "\(precision) attention \(pass) \(shape.name)", threads: pool.threads, unit: "GFLOP/s", value: speed,
            ceiling: ceiling)
        }
      }
    }
  }
}

private struct AttentionBenchShape {
  let batch: Int, tokens: Int, heads: Int, width: Int
  let causal: Bool

  var name: String { "\(batch)×\(tokens) tokens, \(heads) heads of \(width)\(causal ? ", causal" : "")" }

  static let workloads = [
    AttentionBenchShape(batch: 128, tokens: 65, heads: 3, width: 64, causal: false),
    AttentionBenchShape(batch: 16, tokens: 197, heads: 12, width: 64, causal: false),
    AttentionBenchShape(batch: 16, tokens: 256, heads: 8, width: 32, causal: true),
  ]

  /// GFLOP/s, on queries, keys and values as the fused projection leaves them.
  func speeds(_ precision: ProductPrecision) -> (forward: Double, backward: Double) {
    let element = precision == .fp32 ? CK_F32 : CK_BF16
    let size = element.size
    let model = heads * width
    let count = batch * tokens * model
    return ScratchPool.shared.with(bytes: 8 * count * size + batch * heads * tokens * 4) { memory in
      // Small values of either type: the pattern of bf16 0.0078 twice is an fp32 of about that size.
      memory.initializeMemory(as: UInt16.self, repeating: 0x3c00, count: 8 * count * size / 2)
      func packed(_ first: Int, _ slot: Int) -> ck_tokens {
        ck_tokens(
          data: memory + (first * count + slot * model) * size, batch: tokens * 3 * model, token: 3 * model, head: width
        )
      }
      func plain(_ first: Int) -> ck_tokens {
        ck_tokens(data: memory + first * count * size, batch: tokens * model, token: model, head: width)
      }
      let problem = ck_attention_problem(
        element: element, batch: batch, heads: heads, queries: tokens, keys: tokens, width: width,
        scale: 1 / Float(width).squareRoot(), causal: causal ? 1 : 0, lengths: nil, q: packed(0, 0), k: packed(0, 1),
        v: packed(0, 2), out: plain(3), log_sums: (memory + 8 * count * size).assumingMemoryBound(to: Float.self),
        g: plain(4), dq: packed(5, 0), dk: packed(5, 1), dv: packed(5, 2))
      let work = Double(4 * tokens * tokens * width * batch * heads) / (causal ? 2 : 1) / 1e9
      let forward = KernelCeilings.bestTime(of: 12) { AttentionKernels.best.forward(problem) }
      let backward = KernelCeilings.bestTime(of: 12) { AttentionKernels.best.backward(problem) }
      return (work / forward, 2.5 * work / backward)
    }
  }
}
