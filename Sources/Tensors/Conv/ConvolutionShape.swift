import CKernels

/// How activations lie in memory; sums, weights and their gradients are always `Float`.
package enum ActivationType: Sendable, CaseIterable {
  case float32
  case bfloat16

  package var bytes: Int { self == .float32 ? 4 : 2 }
  var kernelType: ck_conv_type { self == .float32 ? CK_CONV_F32 : CK_CONV_BF16 }
}

/// The sizes of a convolution over channels-last pictures, checked once.
package struct ConvolutionShape: Sendable, Equatable {
  package let batch, inHeight, inWidth, inChannels: Int
  package let outHeight, outWidth, outChannels: Int
  package let kernelHeight, kernelWidth, stride, padding, groups: Int

  package init(
    batch: Int, height: Int, width: Int, inChannels: Int, outChannels: Int, kernelHeight: Int, kernelWidth: Int,
    stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) {
    let picture = "[\(batch), \(height), \(width), \(inChannels)]"
    let weights = "[\(outChannels), \(inChannels) / \(groups), \(kernelHeight), \(kernelWidth)]"
    func require(_ condition: Bool, _ problem: String) {
      if !condition { fatalError("conv2d: \(picture) * \(weights): \(problem)") }
    }
    require(batch >= 0 && height >= 0 && width >= 0, "a size is negative")
    require(inChannels > 0 && outChannels > 0, "channels must be at least 1")
    require(kernelHeight > 0 && kernelWidth > 0, "the kernel must be at least 1×1")
    require(stride > 0, "stride \(stride) must be at least 1")
    require(padding >= 0, "padding \(padding) is negative")
    require(
      groups > 0 && inChannels % groups == 0 && outChannels % groups == 0, "\(groups) groups do not divide the channels"
    )
    let tall = height + 2 * padding - kernelHeight
    let wide = width + 2 * padding - kernelWidth
    require(tall >= 0 && wide >= 0, "the kernel is larger than the picture with padding \(padding)")
    self.batch = batch
    self.inHeight = height
    self.inWidth = width
    self.inChannels = inChannels
    self.outChannels = outChannels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
    self.groups = groups
    outHeight = tall / stride + 1
    outWidth = wide / stride + 1
  }

  package var inCount: Int { batch * inHeight * inWidth * inChannels }
  package var outCount: Int { batch * outHeight * outWidth * outChannels }
  package var weightCount: Int { outChannels * groupChannels * taps }

  /// Multiplications and additions of the direct convolution; what every figure in GFLOP/s here counts.
  package var flops: Double {
    2 * Double(outCount) * Double(groupChannels * taps)
  }

  var taps: Int { kernelHeight * kernelWidth }
  /// Input channels that an output channel sees.
  var groupChannels: Int { inChannels / groups }
  var groupOutChannels: Int { outChannels / groups }
  var isDepthwise: Bool { groups > 1 && groups == inChannels && groups == outChannels }
  var tilesHigh: Int { (outHeight + 3) / 4 }
  var tilesWide: Int { (outWidth + 3) / 4 }

  /// Whether Winograd's 4×4 tiles pay: enough channels for the transforms, and tiles that the outputs fill by half.
  var suitsWinograd: Bool {
    kernelHeight == 3 && kernelWidth == 3 && stride == 1 && groups == 1
      && inChannels >= 16 && outChannels >= 16
      && 2 * outHeight * outWidth >= 16 * tilesHigh * tilesWide
  }
}
