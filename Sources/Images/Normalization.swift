import CKernels

/// What is subtracted from and divided into colours in [0, 1] before an encoder sees them.
public struct Normalization: Sendable, Hashable {
  /// The mean of red, green and blue.
  public var mean: SIMD3<Float>
  /// Their standard deviation.
  public var deviation: SIMD3<Float>

  /// A normalization with these numbers.
  public init(mean: SIMD3<Float>, deviation: SIMD3<Float>) {
    self.mean = mean
    self.deviation = deviation
  }

  /// ImageNet's statistics: nearly all self-supervised methods.
  public static let imagenet = Normalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// The statistics of CLIP's data.
  public static let clip = Normalization(
    mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711])
  /// To [−1, 1]: SigLIP, Inception.
  public static let half = Normalization(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])
  /// CIFAR-10's statistics.
  public static let cifar = Normalization(mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616])
  /// To [0, 1] only.
  public static let unit = Normalization(mean: [0, 0, 0], deviation: [1, 1, 1])

  /// Writes `height × width × 3` numbers, in the order of the picture's bytes.
  ///
  /// Each step is rounded as PyTorch's `ToTensor` and `Normalize` round, so the results are equal.
  public func normalize(
    _ image: Image, into out: UnsafeMutableBufferPointer<Float>, level: ck_level = ck_best_level()
  ) {
    normalize(image.pixels.span, into: out, level: level)
  }

  /// Writes a number for each byte of whole pixels.
  public func normalize(
    _ pixels: Span<UInt8>, into out: UnsafeMutableBufferPointer<Float>, level: ck_level = ck_best_level()
  ) {
    guard out.count == pixels.count, pixels.count % 3 == 0 else {
      fatalError("Normalization: \(pixels.count) bytes into \(out.count) numbers")
    }
    withConstants { mean, deviation in
      pixels.withUnsafeBufferPointer { pixels in
        ck_image(level).pointee.normalize(pixels.baseAddress, pixels.count / 3, mean, deviation, out.baseAddress)
      }
    }
  }

  private func withConstants(_ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 6) { numbers in
      for c in 0..<3 {
        numbers[c] = mean[c]
        numbers[3 + c] = deviation[c]
      }
      guard let start = numbers.baseAddress else { return }
      body(start, start + 3)
    }
  }
}
