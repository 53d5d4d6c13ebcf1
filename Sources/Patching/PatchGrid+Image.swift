import Images
import Tensors

extension PatchGrid {
  /// Cuts and normalizes a picture in one go: bytes are read once and floats are written once.
  public func patchify(
    _ image: Image, normalization: Normalization, into patches: UnsafeMutableBufferPointer<Float>
  ) {
    guard image.width == width, image.height == height, channels == 3, patches.count == count * patchLength else {
      fatalError("PatchGrid: \(image.width) × \(image.height) into \(patches.count) numbers of \(width) × \(height)")
    }
    let pixels = image.pixels.span
    forEachRun { pixel, place, length in
      normalization.normalize(
        pixels.extracting(pixel..<pixel + length),
        into: UnsafeMutableBufferPointer(rebasing: patches[place..<place + length]))
    }
  }

  /// A picture's patches one after the other, normalized.
  public func patches(of image: Image, normalization: Normalization) -> [Float] {
    expectMemory(count * patchLength * MemoryLayout<Float>.size, for: "the patches of a picture")
    return [Float](unsafeUninitializedCapacity: count * patchLength) { buffer, initialized in
      initialized = count * patchLength
      patchify(image, normalization: normalization, into: UnsafeMutableBufferPointer(rebasing: buffer[..<initialized]))
    }
  }

  /// The picture that normalized patches show, clipped to what a picture can hold.
  public func image(of patches: UnsafeBufferPointer<Float>, normalization: Normalization) -> Image {
    guard channels == 3, patches.count == count * patchLength else {
      fatalError("PatchGrid: \(patches.count) numbers are no picture of \(width) × \(height)")
    }
    return Image(width: width, height: height) { out in
      forEachRun { pixel, place, length in
        for i in 0..<length {
          let value = patches[place + i] * normalization.deviation[i % 3] + normalization.mean[i % 3]
          // Not a number becomes black.
          out[pixel + i] = value > 0 ? UInt8(min(value * 255, 255).rounded()) : 0
        }
      }
    }
  }
}
