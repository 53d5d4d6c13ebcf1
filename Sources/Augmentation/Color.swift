import CKernels
import Images

/// Changes of colour with the arithmetic of torchvision on Pillow's pictures. A factor of 1 changes nothing.
extension Image {
  /// Towards black (0) or beyond itself (more than 1).
  public mutating func adjustBrightness(_ factor: Float, level: ck_level = ck_best_level()) {
    pixels.withUnsafeMutableBufferPointer {
      ck_image(level).pointee.blend_with_level($0.baseAddress, $0.count, factor, 0)
    }
  }

  /// Towards the picture's mean grey (0) or away from it.
  public mutating func adjustContrast(_ factor: Float, level: ck_level = ck_best_level()) {
    let kernels = ck_image(level).pointee
    let count = width * height
    pixels.withUnsafeMutableBufferPointer {
      let mean = Double(kernels.sum_of_gray($0.baseAddress, count)) / Double(count)
      kernels.blend_with_level($0.baseAddress, $0.count, factor, Int32(mean + 0.5))
    }
  }

  /// Towards each pixel's grey (0) or away from it.
  public mutating func adjustSaturation(_ factor: Float, level: ck_level = ck_best_level()) {
    pixels.withUnsafeMutableBufferPointer {
      ck_image(level).pointee.blend_with_gray($0.baseAddress, $0.count / 3, factor)
    }
  }

  /// Turns all hues by a part of the circle, −0.5 to 0.5, by way of 8-bit HSV: a shift of 0 changes pixels too.
  public mutating func adjustHue(_ shift: Double, level: ck_level = ck_best_level()) {
    guard abs(shift) <= 0.5 else { fatalError("adjustHue(\(shift)): a hue turns by half of a circle at most") }
    pixels.withUnsafeMutableBufferPointer {
      ck_image(level).pointee.shift_hue($0.baseAddress, $0.count / 3, UInt8(truncatingIfNeeded: Int(shift * 255)))
    }
  }

  /// All colours as their grey.
  public mutating func makeGray(level: ck_level = ck_best_level()) {
    adjustSaturation(0, level: level)
  }

  /// Inverts what is not darker than the threshold.
  public mutating func solarize(threshold: Int = 128, level: ck_level = ck_best_level()) {
    pixels.withUnsafeMutableBufferPointer {
      ck_image(level).pointee.solarize($0.baseAddress, $0.count, Int32(clamping: threshold))
    }
  }
}
