import Augmentation
import Datasets
import Images
import Tensors

extension Views {
  /// The views of a sample's picture, all of the size that a model reads.
  func images(of sample: Sample, _ generator: Generator, width: Int, height: Int) throws -> [Image] {
    let images = self(try sample.image(), generator)
    for image in images where image.width != width || image.height != height {
      throw BadSample(
        sample.id, "the augmentation gives \(image.width)×\(image.height) pixels, the model needs \(width)×\(height)")
    }
    return images
  }
}
