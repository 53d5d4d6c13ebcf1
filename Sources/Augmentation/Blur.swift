import CKernels
import Glibc
import Images

extension Image {
  /// Gaussian blur with a kernel of an odd number of pixels, mirrored at the edges: torchvision's `gaussian_blur`, within
  /// one level.
  public func blurred(kernel: Int, sigma: Double, level: ck_level = ck_best_level()) -> Image {
    guard kernel > 0, kernel % 2 == 1, sigma > 0 else {
      fatalError("blurred(kernel: \(kernel), sigma: \(sigma)): an odd kernel and a positive sigma")
    }
    let weights = gaussianWeights(kernel: kernel, sigma: sigma)
    if weights.count == 1 { return self }
    let kernels = ck_image(level).pointee
    let radius = weights.count / 2
    let rowBytes = width * 3
    return Image(width: width, height: height) { out in
      withUnsafeTemporaryAllocation(of: UInt16.self, capacity: rowBytes * height) { across in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rowBytes + radius * 6) { padded in
          for y in 0..<height {
            padRow(y, by: radius, into: padded)
            kernels.blur_along_row(
              padded.baseAddress, weights, Int32(weights.count), across.baseAddress.map { $0 + y * rowBytes },
              rowBytes)
          }
        }
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt16>?.self, capacity: weights.count) { rows in
          for y in 0..<height {
            for t in 0..<weights.count {
              let row = mirrored(y + t - radius, height) * rowBytes
              rows[t] = across.baseAddress.map { UnsafePointer($0 + row) }
            }
            kernels.blur_across_rows(
              rows.baseAddress, weights, Int32(weights.count), out.baseAddress.map { $0 + y * rowBytes }, rowBytes)
          }
        }
      }
    }
  }

  private func padRow(_ y: Int, by radius: Int, into padded: UnsafeMutableBufferPointer<UInt8>) {
    pixels.withUnsafeBufferPointer { pixels in
      let row = y * width * 3
      for x in -radius..<0 { copyPixel(pixels, row + mirrored(x, width) * 3, padded, (x + radius) * 3) }
      let middle = UnsafeMutableBufferPointer(rebasing: padded[(radius * 3)...])
      _ = middle.update(from: UnsafeBufferPointer(rebasing: pixels[row..<row + width * 3]))
      for x in width..<width + radius { copyPixel(pixels, row + mirrored(x, width) * 3, padded, (x + radius) * 3) }
    }
  }
}

@inline(__always)
private func copyPixel(
  _ source: UnsafeBufferPointer<UInt8>, _ from: Int, _ target: UnsafeMutableBufferPointer<UInt8>, _ to: Int
) {
  for c in 0..<3 { target[to + c] = source[from + c] }
}

/// A place beyond the edge, mirrored into `0..<count` without repeating the edge, as often as it takes.
private func mirrored(_ place: Int, _ count: Int) -> Int {
  if count == 1 { return 0 }
  let period = 2 * (count - 1)
  let offset = ((place % period) + period) % period
  return offset < count ? offset : period - offset
}

/// The kernel in 16-bit fixed point, without the tails that are too small to matter.
func gaussianWeights(kernel: Int, sigma: Double) -> [Int32] {
  let radius = kernel / 2
  let curve = (-radius...radius).map { exp(-0.5 * (Double($0) / sigma) * (Double($0) / sigma)) }
  let sum = curve.reduce(0, +)
  var weights = curve.map { Int32(($0 / sum * 65536).rounded()) }
  // Four parts in 65536, a sixtieth of a level at most.
  while weights.count > 1, weights[0] < 4 {
    weights.removeFirst()
    weights.removeLast()
  }
  weights[weights.count / 2] += 65536 - weights.reduce(0, +)
  return weights
}
