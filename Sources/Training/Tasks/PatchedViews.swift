import Augmentation
import Datasets
import Images
import Patching
import Tensors

/// A picture on its way to a vision transformer: decoded, augmented and cut into patches on the loader's threads.
struct PatchedViews: Sendable {
  let views: Views
  let grid: PatchGrid
  /// How pictures are read.
  var decoding = DecodeOptions()

  /// What is done to the pixels last.
  var normalization: Normalization { views.pipelines[0].normalization }

  /// The patches of a sample's first view.
  func callAsFunction(_ sample: Sample, _ generator: Generator) throws -> [Float] {
    let images = try views.images(
      of: sample, options: decoding, generator, width: grid.width, height: grid.height)
    return grid.patches(of: images[0], normalization: normalization)
  }

  /// Several pictures' patches side by side, `[batch, patches, values]`.
  func tensor(_ patches: [[Float]]) -> Tensor {
    Tensor(joining: patches, [patches.count, grid.count, grid.patchLength])
  }
}
