/// One product of the workloads, as the benchmark runs it.
package struct GemmBenchShape: Sendable {
  package let name: String
  let m: Int, n: Int, k: Int
  let transposedA: Bool, transposedB: Bool

  private init(_ name: String, _ m: Int, _ n: Int, _ k: Int, transposedA: Bool = false, transposedB: Bool = false) {
    self.name = name
    (self.m, self.n, self.k) = (m, n, k)
    (self.transposedA, self.transposedB) = (transposedA, transposedB)
  }

  /// y = x·Wᵀ for rows × outputs × inputs, and the two products of its backward pass: dx = g·W and dW = gᵀ·x.
  private static func linear(_ rows: Int, _ outputs: Int, _ inputs: Int) -> [GemmBenchShape] {
    [
      GemmBenchShape("y = x·Wᵀ \(rows)×\(outputs)×\(inputs)", rows, outputs, inputs, transposedB: true),
      GemmBenchShape("dx = g·W \(rows)×\(inputs)×\(outputs)", rows, inputs, outputs),
      GemmBenchShape("dW = gᵀ·x \(outputs)×\(inputs)×\(rows)", outputs, inputs, rows, transposedA: true),
    ]
  }

  /// The MLP of a tiny ViT (width 192, 128 pictures of 65 tokens), that of ViT-B/32 (width 768, 32 pictures of 50
  /// tokens), the attention projection of the former and the logits of a small GPT.
  package static let workloads =
    linear(8320, 192, 768) + linear(8320, 768, 192) + linear(1600, 768, 3072) + linear(8320, 192, 192)
    + linear(4096, 4096, 256)
}

/// The matrix products of the workloads beside the peak of their precision, with operands that do not lie in cache:
/// each run takes other matrices, as a training step does.
package func kernelBenchGemm(
  threads: Int, precisions: [ProductPrecision] = ProductPrecision.allCases,
  shapes: [GemmBenchShape] = GemmBenchShape.workloads
) -> [KernelBenchRow] {
  let pool = ThreadPool(threads: threads)
  return ThreadPool.$current.withValue(pool) {
    precisions.flatMap { precision in
      shapes.map { shape in
        let before = KernelCeilings.peak(precision, pool)
        let speed = shape.speed(precision)
        let after = KernelCeilings.peak(precision, pool)
        return KernelBenchRow(
          name: "\(precision) \(shape.name)", threads: pool.threads, unit: "GFLOP/s", value: speed,
          ceiling: max(before, after))
      }
    }
  }
}

extension GemmBenchShape {
  /// GFLOP/s; in bf16 with operands and results of bf16, but for dW, which is fp32.
  func speed(_ precision: ProductPrecision) -> Double {
    let element: MatrixElement = precision == .fp32 ? .float32 : .bfloat16
    let resultElement: MatrixElement = transposedA ? .float32 : element
    let sizes = [m * k * element.byteCount, k * n * element.byteCount, m * n * resultElement.byteCount]
    let offsets = sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + ($1 + 4095) / 4096 * 4096) }
    let setBytes = offsets[3]
    let sets = max(2, (96 << 20) / setBytes)
    return ScratchPool.shared.with(bytes: sets * setBytes) { memory in
      // Small values of either type: the pattern of bf16 0.0078 twice is an fp32 of about that size.
      memory.initializeMemory(as: UInt16.self, repeating: 0x3c00, count: sets * setBytes / 2)
      var run = 0
      let seconds = KernelCeilings.bestTime(of: max(sets + 2, 10)) {
        let set = memory + run % sets * setBytes
        run += 1
        gemm(
          m: m, n: n, k: k,
          a: MatrixOperand(set, element, rowStride: transposedA ? m : k, transposed: transposedA),
          b: MatrixOperand(set + offsets[1], element, rowStride: transposedB ? k : n, transposed: transposedB),
          c: MatrixResult(set + offsets[2], resultElement, rowStride: n), precision: precision)
      }
      return 2 * Double(m) * Double(n) * Double(k) / seconds / 1e9
    }
  }
}
