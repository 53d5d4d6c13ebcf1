import Augmentation
import Datasets
import Images
import Objectives
import Tensors

/// Pictures on their way to a method that compares views: each is augmented as often as there are pipelines, and the views
/// are put side by side as channels-last pixels.
struct ViewPreparation: SamplePreparation {
  /// The views of one picture.
  struct Item: Sendable {
    let views: [Image]
    let picture: Int
  }

  let views: Views
  /// Pixels along a side.
  let side: Int
  /// How pictures are read.
  var decoding = DecodeOptions()

  /// Augments a picture.
  func callAsFunction(_ draw: Draw) throws -> Item {
    let images = try views.images(
      of: draw.sample, options: decoding, draw.generator, width: side, height: side)
    return Item(views: images, picture: draw.place.index)
  }

  /// Samples side by side, normalised.
  func batch(_ items: [Item]) -> Batch {
    let length = side * side * 3
    let tensors = views.pipelines.enumerated().map { view, pipeline in
      let tensor = Tensor.zeros([items.count, side, side, 3])
      let all = tensor.floatBuffer
      parallelFor(items.count, grain: 8) { range in
        for i in range {
          pipeline.normalization.normalize(
            items[i].views[view], into: UnsafeMutableBufferPointer(rebasing: all[i * length..<(i + 1) * length]))
        }
      }
      return tensor
    }
    return Batch(views: tensors, pictures: items.map(\.picture))
  }
}
