import CKernels

extension Image {
  /// The picture at another size, with the bytes that Pillow's `resize` gives: two passes in fixed point with an 8-bit
  /// picture between, across and then down, unless the height shrinks by more than twice the pixels that the width does
  /// (Pillow 13 and later).
  ///
  /// - `region`: the part to start from, as if it had been cropped before; all of it by default.
  /// - `window`: the part of the result to make, as if the rest had been cropped away afterwards; all by default.
  public func resized(
    width newWidth: Int, height newHeight: Int, filter: ResizeFilter, from region: Region? = nil,
    window: Region? = nil, level: ck_level = ck_best_level()
  ) -> Image {
    let region = region ?? bounds
    let target = Region(x: 0, y: 0, width: newWidth, height: newHeight)
    let window = window ?? target
    guard region.lies(in: bounds), window.lies(in: target) else {
      fatalError("Image.resized: \(region) of \(width) × \(height), \(window) of \(newWidth) × \(newHeight)")
    }
    let across = Pass(source: region.width, target: newWidth, window: window.x..<window.x + window.width, filter)
    let down = Pass(source: region.height, target: newHeight, window: window.y..<window.y + window.height, filter)
    // The pixels that the window is made of.
    let used = Region(
      x: region.x + across.sources.lowerBound, y: region.y + down.sources.lowerBound, width: across.sources.count,
      height: down.sources.count)
    let kernels = ck_image(level).pointee
    let downFirst = newHeight < region.height && region.height - newHeight > 2 * (region.width - newWidth)
    if downFirst {
      let half = resizedDown(used, down, kernels)
      return half.resizedAcross(half.bounds, across, kernels)
    }
    let half = resizedAcross(used, across, kernels)
    return half.resizedDown(half.bounds, down, kernels)
  }

  /// One direction: the identity, or weights that count from the first source that is used.
  private struct Pass {
    let sources: Range<Int>
    let weights: ResizeWeights?

    init(source: Int, target: Int, window: Range<Int>, _ filter: ResizeFilter) {
      guard source != target else {
        sources = window
        weights = nil
        return
      }
      var weights = ResizeWeights(source: source, target: target, window: window, filter: filter)
      sources = weights.sources
      weights.rebase()
      self.weights = weights
    }
  }

  private func resizedAcross(_ region: Region, _ pass: Pass, _ kernels: ck_image_kernels) -> Image {
    guard let weights = pass.weights else { return cropped(to: region) }
    let newWidth = weights.taps.count
    return Image(width: newWidth, height: region.height) { out in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48 * (region.width + newWidth)) { scratch in
        pixels.withUnsafeBufferPointer { pixels in
          guard let pixels = pixels.baseAddress, let out = out.baseAddress else { return }
          // As many rows as the kernel has lanes.
          for y in stride(from: 0, to: region.height, by: 16) {
            kernels.resize_horizontally(
              pixels + ((region.y + y) * width + region.x) * 3, width * 3, region.width,
              Int32(min(16, region.height - y)), weights.taps, weights.weights, weights.stride, out + y * newWidth * 3,
              newWidth * 3, newWidth, scratch.baseAddress)
          }
        }
      }
    }
  }

  private func resizedDown(_ region: Region, _ pass: Pass, _ kernels: ck_image_kernels) -> Image {
    guard let weights = pass.weights else { return cropped(to: region) }
    let rowBytes = region.width * 3
    return Image(width: region.width, height: weights.taps.count) { out in
      pixels.withUnsafeBufferPointer { pixels in
        weights.weights.withUnsafeBufferPointer { numbers in
          guard let pixels = pixels.baseAddress, let numbers = numbers.baseAddress, let out = out.baseAddress
          else { return }
          for (y, taps) in weights.taps.enumerated() {
            kernels.weigh_rows(
              pixels + ((region.y + Int(taps.first)) * width + region.x) * 3, width * 3, numbers + y * weights.stride,
              taps.count, out + y * rowBytes, rowBytes)
          }
        }
      }
    }
  }
}
