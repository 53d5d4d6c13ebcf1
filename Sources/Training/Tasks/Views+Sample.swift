import Augmentation
import Datasets
import Images
import Tensors

extension Views {
  /// The views of a sample's picture, all of the size that a model reads.
  func images(
    of sample: Sample, options: DecodeOptions, _ generator: Generator, width: Int, height: Int
  ) throws -> [Image] {
    let images = self(try sample.image(options: options), generator)
    for image in images where image.width != width || image.height != height {
      throw BadSample(
        sample.id,
        "the augmentation gives \(image.width)×\(image.height) pixels, the model needs \(width)×\(height); "
          + "put random_crop(\(width)) or resize(\(width))|center_crop(\(width)) into data.augmentation")
    }
    return images
  }
}
