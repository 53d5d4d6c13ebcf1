import Augmentation
import Datasets
import Images
import Tensors

extension Views {
  /// The views of a sample's picture, all of the size that a model reads.
  ///
  /// A large JPEG is decoded at a fraction of its size where a random crop leaves that enough pixels.
  package func images(
    of sample: Sample, options: DecodeOptions, _ generator: Generator, width: Int, height: Int
  ) throws -> [Image] {
    let images =
      if let bytes = try sample.picture?.encodedBytes(options: options) {
        try self(decoding: bytes, name: sample.id, options: options, generator)
      } else {
        try self(sample.image(options: options), name: sample.id, options: options, generator)
      }
    for image in images where image.width != width || image.height != height {
      throw BadSample(
        sample.id,
        "the augmentation gives \(image.width)×\(image.height) pixels, the model needs \(width)×\(height); "
          + "put random_crop(\(width)) or resize(\(width))|center_crop(\(width)) into data.augmentation")
    }
    return images
  }
}
