extension Tensor {
  /// The largest of each window of channels-last pictures; padding never wins.
  public func maxPool(kernel: Int, stride: Int, padding: Int = 0) -> Tensor {
    let pooling = self.pooling(kernel: kernel, stride: stride, padding: padding)
    let value = Tensor.uninitialized(pooling.outputShape, element)
    // Where in its window each winner stood; two to an id's four bytes.
    let places = Tensor.uninitialized([(value.count + 1) / 2], .int32)
    pooling.max(input: bytes, output: value.bytes, places: places.bytes.assumingMemoryBound(to: UInt16.self))
    let (former, element) = (shape, element)
    return Tensor(value, from: [self]) { g in
      let dx = Tensor.uninitialized(former, element)
      pooling.maxGradient(
        outputGradient: g.bytes, places: places.bytes.assumingMemoryBound(to: UInt16.self), inputGradient: dx.bytes)
      return [dx]
    }
  }

  /// The mean of each window of channels-last pictures; padding counts as zeros, as in PyTorch.
  public func averagePool(kernel: Int, stride: Int, padding: Int = 0) -> Tensor {
    averaged(pooling(kernel: kernel, stride: stride, padding: padding))
  }

  /// The mean over each channel of channels-last pictures: `[batch, height, width, channels]` → `[batch, channels]`.
  public func globalAveragePool() -> Tensor {
    guard rank == 4 else { fatalError("global average pool: \(shape) is not [batch, height, width, channels]") }
    let sizes = PoolingShape.global(batch: shape[0], height: shape[1], width: shape[2], channels: shape[3])
    return averaged(Pooling(sizes, element == .bfloat16 ? .bfloat16 : .float32)).reshaped([shape[0], shape[3]])
  }

  private func averaged(_ pooling: Pooling) -> Tensor {
    let value = Tensor.uninitialized(pooling.outputShape, element)
    pooling.average(input: bytes, output: value.bytes)
    let (former, element) = (shape, element)
    return Tensor(value, from: [self]) { g in
      let dx = Tensor.uninitialized(former, element)
      pooling.averageGradient(outputGradient: g.bytes, inputGradient: dx.bytes)
      return [dx]
    }
  }

  private func pooling(kernel: Int, stride: Int, padding: Int) -> Pooling {
    guard rank == 4 else { fatalError("pool2d: \(shape) is not [batch, height, width, channels]") }
    let sizes = PoolingShape(
      batch: shape[0], height: shape[1], width: shape[2], channels: shape[3], kernelHeight: kernel,
      kernelWidth: kernel, stride: stride, padding: padding)
    return Pooling(sizes, element == .bfloat16 ? .bfloat16 : .float32)
  }
}

extension Pooling {
  fileprivate var outputShape: Shape { [shape.batch, shape.outHeight, shape.outWidth, shape.channels] }
}
