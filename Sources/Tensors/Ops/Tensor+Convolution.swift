extension Tensor {
  /// A two-dimensional convolution of channels-last pictures: `[batch, height, width, in]` with a weight `[out, in /
  /// groups, height, width]` gives `[batch, height', width', out]`, in the arithmetic of the pass.
  public func conv2d(_ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, groups: Int = 1)
    -> Tensor
  {
    guard rank == 4, weight.rank == 4, groups > 0, weight.shape[1] * groups == shape[3] else {
      fatalError("conv2d: \(shape) with weight \(weight.shape) in \(groups) groups")
    }
    if let bias, bias.shape != [weight.shape[0]] {
      fatalError("conv2d: weight \(weight.shape) with bias \(bias.shape)")
    }
    let sizes = ConvolutionShape(
      batch: shape[0], height: shape[1], width: shape[2], inChannels: shape[3], outChannels: weight.shape[0],
      kernelHeight: weight.shape[2], kernelWidth: weight.shape[3], stride: stride, padding: padding, groups: groups)
    let type: ElementType = Pass.current.precision == .bf16 ? .bfloat16 : .float32
    let convolution = Convolution(sizes, type == .bfloat16 ? .bfloat16 : .float32)
    let x = cast(to: type)
    let value = Tensor.uninitialized([sizes.batch, sizes.outHeight, sizes.outWidth, sizes.outChannels], type)
    convolution.forward(input: x.bytes, weights: weight.pointer, bias: bias?.pointer, output: value.bytes)

    let (input, w, wantsX, wantsW) = (kept, weight.detached, isTracked, weight.isTracked)
    return Tensor(value, from: [self, weight] + [bias].compactMap { $0 }) { g in
      // First, so that an input that is made again is gone when the next tensor of its size is wanted.
      var dw: Tensor?
      if wantsW {
        let gradient = Tensor.uninitialized(w.shape)
        let x = input().cast(to: type)
        convolution.weightGradient(input: x.bytes, outputGradient: g.bytes, weightGradient: gradient.pointer)
        dw = gradient
      }
      var dx: Tensor?
      if wantsX {
        let gradient = Tensor.uninitialized(input.shape, type)
        convolution.inputGradient(outputGradient: g.bytes, weights: w.pointer, inputGradient: gradient.bytes)
        dx = gradient.cast(to: input.element)
      }
      guard bias != nil else { return [dx, dw] }
      let db = Tensor.uninitialized([sizes.outChannels])
      convolution.biasGradient(outputGradient: g.bytes, biasGradient: db.pointer)
      return [dx, dw, db]
    }
  }
}
