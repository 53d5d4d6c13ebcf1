import CKernels

/// The sizes of a pooling over channels-last pictures, checked once.
package struct PoolingShape: Sendable, Equatable {
  package let batch, inHeight, inWidth, channels: Int
  package let outHeight, outWidth: Int
  package let kernelHeight, kernelWidth, stride, padding: Int

  package init(
    batch: Int, height: Int, width: Int, channels: Int, kernelHeight: Int, kernelWidth: Int, stride: Int,
    padding: Int = 0
  ) {
    func require(_ condition: Bool, _ problem: String) {
      if !condition {
        fatalError("pool2d: [\(batch), \(height), \(width), \(channels)] by \(kernelHeight)×\(kernelWidth): \(problem)")
      }
    }
    require(batch >= 0 && height >= 0 && width >= 0 && channels >= 0, "a size is negative")
    require(kernelHeight > 0 && kernelWidth > 0, "the window must be at least 1×1")
    require(kernelHeight * kernelWidth <= 65536, "the window has more than 65536 pixels")
    require(stride > 0, "stride \(stride) must be at least 1")
    require(
      padding >= 0 && 2 * padding <= min(kernelHeight, kernelWidth), "padding \(padding) is more than half the window")
    let tall = height + 2 * padding - kernelHeight
    let wide = width + 2 * padding - kernelWidth
    require(tall >= 0 && wide >= 0, "the window is larger than the picture with padding \(padding)")
    self.batch = batch
    inHeight = height
    inWidth = width
    self.channels = channels
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.stride = stride
    self.padding = padding
    outHeight = tall / stride + 1
    outWidth = wide / stride + 1
  }

  /// One window over the whole picture.
  package static func global(batch: Int, height: Int, width: Int, channels: Int) -> PoolingShape {
    PoolingShape(
      batch: batch, height: height, width: width, channels: channels, kernelHeight: height, kernelWidth: width,
      stride: max(1, height, width))
  }

  package var inCount: Int { batch * inHeight * inWidth * channels }
  package var outCount: Int { batch * outHeight * outWidth * channels }
}

/// Max and average pooling of channels-last pictures, and their gradients. Padding never wins a maximum, and counts as
/// zeros in an average.
package struct Pooling {
  package let shape: PoolingShape
  package let type: ActivationType
  private let kernels: ck_conv_table
  private let described: ck_pool_shape

  package init(_ shape: PoolingShape, _ type: ActivationType, level: ck_level = ck_best_level()) {
    self.shape = shape
    self.type = type
    kernels = ck_conv_kernels(level).pointee
    described = ck_pool_shape(
      type: type.kernelType, batch: Int64(shape.batch), in_h: Int64(shape.inHeight), in_w: Int64(shape.inWidth),
      out_h: Int64(shape.outHeight), out_w: Int64(shape.outWidth), channels: Int64(shape.channels),
      kernel_h: Int64(shape.kernelHeight), kernel_w: Int64(shape.kernelWidth), stride_h: Int64(shape.stride),
      stride_w: Int64(shape.stride), pad_h: Int64(shape.padding), pad_w: Int64(shape.padding))
  }

  /// The largest of each window, and its place in it for the gradient (`outCount` numbers). A NaN is the largest.
  package func max(
    input: UnsafeRawPointer, output: UnsafeMutableRawPointer, places: UnsafeMutablePointer<UInt16>
  ) {
    overRows(shape.batch * shape.outHeight, width: shape.outWidth) { shape, first, count in
      kernels.max_pool(shape, input, output, places, first, count)
    }
  }

  /// Gives each output's gradient to the pixel that was the largest.
  package func maxGradient(
    outputGradient: UnsafeRawPointer, places: UnsafePointer<UInt16>, inputGradient: UnsafeMutableRawPointer
  ) {
    overRows(shape.batch * shape.inHeight, width: shape.inWidth) { shape, first, count in
      kernels.max_pool_gradient(shape, outputGradient, places, inputGradient, first, count)
    }
  }

  /// The mean of each window.
  package func average(input: UnsafeRawPointer, output: UnsafeMutableRawPointer) {
    overRows(shape.batch * shape.outHeight, width: shape.outWidth * shape.kernelHeight * shape.kernelWidth) {
      shape, first, count in
      kernels.average_pool(shape, input, output, first, count)
    }
  }

  /// Shares each output's gradient among its window.
  package func averageGradient(outputGradient: UnsafeRawPointer, inputGradient: UnsafeMutableRawPointer) {
    overRows(shape.batch * shape.inHeight, width: shape.inWidth) { shape, first, count in
      kernels.average_pool_gradient(shape, outputGradient, inputGradient, first, count)
    }
  }

  private func overRows(_ rows: Int, width: Int, _ body: (UnsafePointer<ck_pool_shape>, Int64, Int64) -> Void) {
    let elements = Swift.max(1, width * shape.channels)
    withUnsafePointer(to: described) { described in
      parallelFor(rows, grain: Swift.max(1, 16384 / elements)) { range in
        body(described, Int64(range.lowerBound), Int64(range.count))
      }
    }
  }
}
