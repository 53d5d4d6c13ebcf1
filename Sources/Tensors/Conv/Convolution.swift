import CKernels

/// A 2-D convolution of channels-last pictures with weights in PyTorch's order [out, in / groups, height, width], and its
/// gradients. Pointers need no alignment beyond their element's; results have the same bits for any number of threads.
///
/// 3×3 kernels of stride 1 take Winograd's way, in fp32 for bf16 pictures too: a quarter of the products in fp32 beats
/// all of them in bf16. The others are implicit matrix products, `vdpbf16ps` doing those of bf16 where the CPU has it.
package struct Convolution {
  package enum Algorithm: Sendable {
    /// The faster way for the shape.
    case automatic
    /// Never Winograd: every output is a sum over just what it sees.
    case direct
  }

  package let shape: ConvolutionShape
  package let type: ActivationType
  let kernels: ck_conv_table
  let usesWinograd: Bool

  package init(
    _ shape: ConvolutionShape, _ type: ActivationType, algorithm: Algorithm = .automatic,
    level: ck_level = ck_best_level()
  ) {
    self.shape = shape
    self.type = type
    kernels = ck_conv_kernels(level).pointee
    usesWinograd = algorithm == .automatic && shape.suitsWinograd
  }

  /// output = input * weights + bias.
  package func forward(
    input: UnsafeRawPointer, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    output: UnsafeMutableRawPointer
  ) {
    profiled("convolution", detail: detail("forward"), precision: precision, work: work) {
      if usesWinograd {
        winogradForward(input: input, weights: weights, bias: bias, output: output)
      } else {
        for group in 0..<implicitGroups {
          implicitProduct(.forward, group, input: input, weights: weights, bias: bias, output: output)
        }
      }
    }
  }

  /// The gradient of the input, all of it overwritten.
  package func inputGradient(
    outputGradient: UnsafeRawPointer, weights: UnsafePointer<Float>, inputGradient: UnsafeMutableRawPointer
  ) {
    profiled("convolution", detail: detail("input gradient"), precision: precision, work: work) {
      if usesWinograd {
        winogradInputGradient(outputGradient: outputGradient, weights: weights, inputGradient: inputGradient)
      } else {
        for group in 0..<implicitGroups {
          implicitProduct(
            .inputGradient, group, input: outputGradient, weights: weights, bias: nil, output: inputGradient)
        }
      }
    }
  }

  /// The gradient of the weights, in the order of the weights, all of it overwritten.
  package func weightGradient(
    input: UnsafeRawPointer, outputGradient: UnsafeRawPointer, weightGradient: UnsafeMutablePointer<Float>
  ) {
    profiled("convolution", detail: detail("weight gradient"), precision: precision, work: work) {
      if shape.outCount == 0 {
        weightGradient.update(repeating: 0, count: shape.weightCount)
      } else if usesWinograd {
        winogradWeightGradient(input: input, outputGradient: outputGradient, weightGradient: weightGradient)
      } else if shape.isDepthwise {
        depthwiseWeightGradient(input: input, outputGradient: outputGradient, weightGradient: weightGradient)
      } else {
        for group in 0..<shape.groups {
          panelWeightGradient(
            group, input: input, outputGradient: outputGradient, weightGradient: weightGradient)
        }
      }
    }
  }

  /// The gradient of the bias: sums of the output's gradient over all pixels.
  package func biasGradient(outputGradient: UnsafeRawPointer, biasGradient: UnsafeMutablePointer<Float>) {
    let rows = shape.batch * shape.outHeight * shape.outWidth
    let channels = shape.outChannels
    sumInParts(count: rows, grain: 4096, width: channels, into: biasGradient) { range, sums in
      kernels.column_sums(
        type.kernelType, outputGradient, Int64(channels), Int64(channels), Int64(range.lowerBound), Int64(range.count),
        sums)
    }
  }

  private func detail(_ pass: String) -> String {
    let stride = shape.stride == 1 ? "" : "/\(shape.stride)"
    return "\(pass) \(shape.kernelHeight)×\(shape.kernelWidth)\(stride) \(shape.inChannels)→\(shape.outChannels) "
      + "\(shape.batch)·\(shape.inHeight)×\(shape.inWidth)"
  }

  private var precision: Precision { type == .bfloat16 && !usesWinograd ? .bf16 : .fp32 }

  private var work: KernelWork {
    KernelWork(operations: shape.flops, bytes: (shape.inCount + shape.outCount) * type.bytes + shape.weightCount * 4)
  }

  private var implicitGroups: Int { shape.isDepthwise ? 1 : shape.groups }

  /// Equal blocks of channels, as few as the register tile allows, each a multiple of the vector's lanes.
  func block(_ channels: Int) -> Int {
    let lanes = Int(kernels.lanes)
    let panels = ceilDivide(channels, Int(kernels.panel))
    return ceilDivide(ceilDivide(channels, panels), lanes) * lanes
  }

  /// How many activations a 32-bit word of a packed operand holds.
  var perWord: Int { type == .bfloat16 ? Int(kernels.per_word) : 1 }

  /// Sums rows of `width` numbers over 0..<count in fixed parts, merged in order.
  func sumInParts(
    count: Int, grain: Int, width: Int, into total: UnsafeMutablePointer<Float>,
    _ add: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    total.update(repeating: 0, count: width)
    let parts = ceilDivide(count, grain)
    ScratchArena.borrow(bytes: ScratchArena.size(Float.self, parts * width)) { arena in
      let sums = arena.zeros(parts * width)
      parallelFor(count, grain: grain) { range in add(range, sums + range.lowerBound / grain * width) }
      for part in 0..<parts {
        for i in 0..<width { total[i] += sums[part * width + i] }
      }
    }
  }
}

func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }

extension UnsafeRawPointer {
  /// `count` activations further on.
  func advanced(_ type: ActivationType, _ count: Int) -> UnsafeRawPointer { self + count * type.bytes }
}

extension UnsafeMutableRawPointer {
  /// `count` activations further on.
  func advanced(_ type: ActivationType, _ count: Int) -> UnsafeMutableRawPointer { self + count * type.bytes }
}
