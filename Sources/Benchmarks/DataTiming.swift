import Augmentation
import Images
import Tensors

/// The work on pictures around a training step, as `shared/peers/torch_pipeline.py` defines it: pictures per second of
/// one core.
public enum DataWorkload: String, Sendable, CaseIterable {
  /// Decoding a 500 × 375 JPEG and making SimCLR's two views of 224 pixels, normalized.
  case simclrAugment = "simclr-augment"
  /// Decoding a 500 × 375 JPEG in full and CLIP's evaluation preprocessing, bit by bit as open_clip's.
  case clipPreprocess = "clip-preprocess"
}

/// How fast a workload ran.
public struct DataTiming: Sendable {
  /// What ran.
  public let workload: DataWorkload
  /// Seconds for a picture: the median of the rounds.
  public let seconds: Double
  /// Peak memory of the process in MB.
  public let peakMegabytes: Int

  /// Pictures a second.
  public var picturesPerSecond: Double { 1 / seconds }

  /// Times a workload on one core.
  public init(_ workload: DataWorkload, rounds: Int) throws {
    self.workload = workload
    let jpegs = try (0..<64).map { try Self.picture(seed: $0).encodedJPEG(JPEGQuality(88)) }
    let run = try workload.work()
    var pixels = [Float](repeating: 0, count: 224 * 224 * 3)
    let clock = ContinuousClock()
    var times = [Double]()
    for round in 0...rounds {
      let time = try clock.measure {
        for (index, jpeg) in jpegs.enumerated() { try run(jpeg, Generator(0, round, index), &pixels) }
      }
      times.append(time / .seconds(1) / Double(jpegs.count))
    }
    // The first round only warms up.
    seconds = times.dropFirst().sorted()[rounds / 2]
    peakMegabytes = peakResidentMegabytes()
  }

  /// Smooth colours with noise of 6 levels: compresses and decodes like a photo of that size.
  private static func picture(seed: Int) -> Image {
    var generator = Generator(1, seed)
    let small = Image(width: 16, height: 12) { out in
      for i in out.indices { out[i] = UInt8(generator.below(255)) }
    }
    var image = small.resized(width: 500, height: 375, filter: .bicubic)
    for i in image.pixels.indices {
      let noisy = Float(image.pixels[i]) + 6 * generator.normal()
      image.pixels[i] = UInt8(min(max(noisy, 0), 255))
    }
    return image
  }
}

extension DataWorkload {
  fileprivate func work() throws -> ([UInt8], Generator, inout [Float]) throws -> Void {
    switch self {
    case .simclrAugment:
      let views = try Views(parsing: Preset.simclr.rawValue)
      return { jpeg, generator, pixels in
        for view in try views(decoding: jpeg, name: "bench", generator) {
          pixels.withUnsafeMutableBufferPointer { Normalization.imagenet.normalize(view, into: $0) }
        }
      }
    case .clipPreprocess:
      let preprocessing = Preprocessing(size: 224)
      return { jpeg, _, pixels in
        let view = preprocessing(try decodeImage(jpeg, name: "bench"))
        pixels.withUnsafeMutableBufferPointer { preprocessing.normalization.normalize(view, into: $0) }
      }
    }
  }
}
