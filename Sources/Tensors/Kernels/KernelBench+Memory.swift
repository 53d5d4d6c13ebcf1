import CKernels

/// The kernels that memory bounds, beside the speed of a plain copy, on tensors that no cache holds: GB/s count every
/// byte that has to be read or written once.
package func kernelBenchMemory(threads: Int) -> [KernelBenchRow] {
  let pool = ThreadPool(threads: threads)
  let copy = KernelCeilings.measure(threads: threads).copy
  return ThreadPool.$current.withValue(pool) {
    MemoryBench.allCases.map { bench in
      KernelBenchRow(name: bench.name, threads: pool.threads, unit: "GB/s", value: bench.speed(), ceiling: copy)
    }
  }
}

private enum MemoryBench: CaseIterable {
  case layerNorm, layerNormBFloat16, layerNormBackward, gelu, geluBFloat16, geluBackward, softmax, softmaxBackward
  case residualAdd, sumColumns, batchNorm, adamW

  var name: String {
    switch self {
    case .layerNorm: "layer norm 65536×192 fp32"
    case .layerNormBFloat16: "layer norm 65536×192 bf16"
    case .layerNormBackward: "layer norm backward 65536×192 fp32"
    case .gelu: "GELU 16384×768 fp32"
    case .geluBFloat16: "GELU 16384×768 bf16"
    case .geluBackward: "GELU backward 16384×768 fp32"
    case .softmax: "softmax 16384×768 fp32"
    case .softmaxBackward: "softmax backward 16384×768 fp32"
    case .residualAdd: "x + y 16384×768 fp32"
    case .sumColumns: "column sums 16384×768 fp32"
    case .batchNorm: "batch norm + ReLU 196608×64 fp32"
    case .adamW: "AdamW, 12.6 million parameters"
    }
  }

  /// Elements of each tensor: 48 MB of fp32.
  private static let count = 16384 * 768

  /// GB/s.
  func speed() -> Double {
    let (count, n) = (Self.count, self == .batchNorm ? 64 : name.contains("192") ? 192 : 768)
    let rows = count / n
    let kernels = Kernels.best
    return ScratchPool.shared.with(bytes: 4 * count * 4 + 4 * rows * 4) { memory in
      memory.initializeMemory(as: Float.self, repeating: 0.25, count: 4 * count + 4 * rows)
      let tensors = (0..<4).map { (memory + $0 * 4 * count).assumingMemoryBound(to: Float.self) }
      let (a, b, c, d) = (tensors[0], tensors[1], tensors[2], tensors[3])
      let mean = (memory + 16 * count).assumingMemoryBound(to: Float.self)
      let (rstd, gamma, beta) = (mean + rows, mean + 2 * rows, mean + 3 * rows)
      let (x, g, y) = (Elements(a), Elements(b), MutableElements(c))
      let (half, halfOut) = (Elements(b, CK_BF16), MutableElements(c, CK_BF16))
      kernels.randomNormal(ck_draws(key: 1, stream: 0, start: 0), a, count: count)
      if self == .layerNormBFloat16 || self == .geluBFloat16 {
        kernels.cast(x, MutableElements(b, CK_BF16), count: count)
      }
      let body: () -> Int =
        switch self {
        case .layerNorm, .layerNormBFloat16:
          {
            let (x, y) = self == .layerNorm ? (x, y) : (half, halfOut)
            kernels.layerNorm(
              x, gamma: gamma, beta: beta, epsilon: 1e-5, y, mean: mean, rstd: rstd, rows: rows, n: n)
            return 2 * x.type.size
          }
        case .layerNormBackward:
          {
            kernels.layerNormBackward(
              g: g, x: x, gamma: gamma, mean: mean, rstd: rstd, residual: nil, dx: y, sums: (d, d + n), rows: rows, n: n
            )
            return 12
          }
        case .gelu, .geluBFloat16:
          {
            let (x, y) = self == .gelu ? (x, y) : (half, halfOut)
            kernels.unary(CK_GELU, x, y, count: count)
            return 2 * x.type.size
          }
        case .geluBackward:
          {
            kernels.unaryBackward(CK_GELU, g: g, saved: x, dx: y, count: count)
            return 12
          }
        case .softmax:
          {
            kernels.softmax(x, y, rows: rows, n: n)
            return 8
          }
        case .softmaxBackward:
          {
            kernels.softmaxBackward(g: g, y: x, dx: y, rows: rows, n: n)
            return 12
          }
        case .residualAdd:
          {
            kernels.binary(CK_ADD, x, g, y, count: count)
            return 12
          }
        case .sumColumns:
          {
            kernels.sumColumns(x, mean, rows: rows, n: n)
            return 4
          }
        case .batchNorm:
          {
            kernels.channelNorm(
              x, mean: mean, rstd: rstd, gamma: gamma, beta: beta, residual: nil, relu: true, y, rows: rows,
              channels: n)
            return 8
          }
        case .adamW:
          {
            let settings = ck_adamw(
              rate: 1e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weight_decay: 0.1, correction1: 0.1,
              correction2: 0.02, gradient_scale: 1)
            kernels.adamW(settings, parameters: a, gradients: b, m: c, v: d, count: count)
            return 28
          }
        }
      let bytes = body()
      return Double(count * bytes) / KernelCeilings.bestTime(of: 6) { _ = body() } / 1e9
    }
  }
}
