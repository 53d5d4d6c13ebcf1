/// One convolution of ResNet-18 on 32×32 pictures, as the benchmark runs it.
package struct ConvolutionBenchShape: Sendable {
  package let name: String
  package let shape: ConvolutionShape

  private init(_ inChannels: Int, _ outChannels: Int, size: Int, kernel: Int = 3, stride: Int = 1) {
    name = "conv\(kernel)×\(kernel)\(stride == 1 ? "" : "/\(stride)") \(inChannels)→\(outChannels) \(size)²"
    shape = ConvolutionShape(
      batch: 256, height: size, width: size, inChannels: inChannels, outChannels: outChannels, kernelHeight: kernel,
      kernelWidth: kernel, stride: stride, padding: kernel / 2)
  }

  /// The stem, the four stages, and the ways from one stage to the next; batches of 256.
  package static let resNet18 = [
    ConvolutionBenchShape(3, 64, size: 32), ConvolutionBenchShape(64, 64, size: 32),
    ConvolutionBenchShape(64, 128, size: 32, stride: 2), ConvolutionBenchShape(64, 128, size: 32, kernel: 1, stride: 2),
    ConvolutionBenchShape(128, 128, size: 16), ConvolutionBenchShape(128, 256, size: 16, stride: 2),
    ConvolutionBenchShape(256, 256, size: 8), ConvolutionBenchShape(256, 512, size: 8, stride: 2),
    ConvolutionBenchShape(512, 512, size: 4),
  ]
}

/// Convolutions, forward and both gradients, beside the peak of their precision. GFLOP/s count the direct convolution,
/// so Winograd's way goes over 100 %.
package func kernelBenchConvolution(
  threads: Int, types: [ActivationType] = ActivationType.allCases,
  shapes: [ConvolutionBenchShape] = ConvolutionBenchShape.resNet18
) -> [KernelBenchRow] {
  let pool = ThreadPool(threads: threads)
  return ThreadPool.$current.withValue(pool) {
    types.flatMap { type in
      shapes.flatMap { shape in shape.rows(type, pool) }
    }
  }
}

extension ConvolutionBenchShape {
  fileprivate func rows(_ type: ActivationType, _ pool: ThreadPool) -> [KernelBenchRow] {
    let precision: ProductPrecision = type == .float32 ? .fp32 : .bf16
    let convolution = Convolution(shape, type)
    let counts = [shape.inCount, shape.outCount, shape.weightCount, shape.weightCount]
    let bytes = counts.reduce(0) { $0 + ScratchArena.size(Float.self, $1) }
    return ScratchArena.borrow(bytes: bytes) { arena in
      let pieces = counts.map { arena.take(Float.self, $0) }
      // Small values of either type: the pattern of bf16 0.0078 twice is an fp32 of about that size.
      for (piece, count) in zip(pieces, counts) {
        UnsafeMutableRawPointer(piece).initializeMemory(as: UInt16.self, repeating: 0x3c00, count: 2 * count)
      }
      let (input, output, weights, weightGradient) = (pieces[0], pieces[1], pieces[2], pieces[3])
      let passes: [(String, () -> Void)] = [
        ("forward", { convolution.forward(input: input, weights: weights, bias: nil, output: output) }),
        (
          "input gradient",
          { convolution.inputGradient(outputGradient: output, weights: weights, inputGradient: input) }
        ),
        (
          "weight gradient",
          { convolution.weightGradient(input: input, outputGradient: output, weightGradient: weightGradient) }
        ),
      ]
      return passes.map { pass, body in
        let before = KernelCeilings.peak(precision, pool)
        let seconds = KernelCeilings.bestTime(of: 5, body)
        let after = KernelCeilings.peak(precision, pool)
        return KernelBenchRow(
          name: "\(precision) \(name) \(pass)", threads: pool.threads, unit: "GFLOP/s",
          value: shape.flops / seconds / 1e9, ceiling: max(before, after))
      }
    }
  }
}
