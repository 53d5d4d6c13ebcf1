import Encoders
import Layers
import Patching
import Tensors

/// Training of a masked autoencoder (He et al., 2022): the mean squared error on the pixels of hidden patches, and of no
/// others.
public struct MaskedReconstruction: Objective {
  /// Encoder and decoder.
  public let model: MaskedAutoencoder
  /// How patches are chosen for hiding.
  public var kind: MaskKind
  /// The share that is hidden.
  public var ratio: Double
  /// Whether each patch is guessed relative to its own mean and deviation, which made better features (section 4.1).
  public var normalizesPatches: Bool

  /// An objective for a model.
  public init(
    _ model: MaskedAutoencoder, kind: MaskKind = .random, ratio: Double = 0.75, normalizesPatches: Bool = true
  ) {
    self.model = model
    self.kind = kind
    self.ratio = ratio
    self.normalizesPatches = normalizesPatches
  }

  /// Hides patches at random, and compares what the model takes them for with what they were.
  public func callAsFunction(_ batch: Batch) -> Loss {
    guard let patches = batch.views.first else { fatalError("masked reconstruction: a batch without pictures") }
    let generator = Pass.current.generator.split(into: -1)
    let side = model.encoder.shape.gridSize
    let masks = (0..<patches.shape[0]).map { sample in
      var stream = generator.split(into: sample)
      return kind.mask(rows: side, columns: side, ratio: ratio, &stream)
    }
    return loss(patches, BatchMask(masks))
  }

  /// The loss with given masks. patches: `[batch, patches, values]`
  public func loss(_ patches: Tensor, _ mask: BatchMask) -> Loss {
    let encoded = model.encode(patches, mask)
    let guesses = model.hiddenPredictions(encoded: encoded, mask)
    let targets = patches.selected(mask.hidden)
    let wanted = normalizesPatches ? targets.patchNormalized() : targets
    let error = (guesses - wanted).squared().mean()
    let length = Float(patches.shape[2])
    return Loss(
      error, embeddings: [("image", encoded.at(0, axis: 1).cast(to: .float32))],
      chance: normalizesPatches ? (length - 1) / length : nil,
      observations: { [guesses = guesses.detached, wanted = wanted.detached] in
        [.reconstruction(predictions: guesses, targets: wanted)]
      })
  }
}

extension Tensor {
  /// What patches are normalised by: mean and deviation of each, `[…, 1]`. The variance is the unbiased one.
  public func patchStatistics() -> (mean: Tensor, deviation: Tensor) {
    let length = Float(shape[-1])
    let one = Shape(shape.extents.dropLast() + [1])
    let mean = mean(axis: -1).reshaped(one)
    // A patch of a single value has no deviation.
    let unbiased = variance(axis: -1) * (length / Swift.max(1, length - 1))
    return (mean, (unbiased + 1e-6).squareRoot().reshaped(one))
  }

  /// Patches relative to their own mean and deviation.
  public func patchNormalized() -> Tensor {
    let (mean, deviation) = patchStatistics()
    return (self - mean) / deviation
  }
}
