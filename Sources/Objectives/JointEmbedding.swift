import Encoders
import Glibc
import Layers
import Tensors

/// Training of a joint image-text embedding: CLIP's loss or SigLIP's on two towers.
public struct JointEmbedding: SeparableObjective {
  /// The two towers, their projections and the temperature.
  public let model: CLIP
  /// Which loss.
  public let loss: ContrastiveLoss
  /// The share of the target that is spread over all pairs.
  public var labelSmoothing: Float = 0
  /// FLIP: the share of patches that the picture tower does not see while training (Li et al., 2023).
  public var patchDropout: Float = 0

  /// The largest factor on similarities: temperatures below 0.01 made training unstable (Radford et al., section 2.5).
  public static let largestScale: Float = 100

  /// An objective for a model.
  public init(_ model: CLIP, loss: ContrastiveLoss, labelSmoothing: Float = 0, patchDropout: Float = 0) {
    self.model = model
    self.loss = loss
    self.labelSmoothing = labelSmoothing
    self.patchDropout = patchDropout
  }

  /// Pictures (patches) and texts (ids).
  public func embed(_ batch: Batch) -> [Tensor] {
    guard let patches = batch.views.first, let ids = batch.ids else {
      fatalError("joint embedding: a batch without pictures or texts")
    }
    return [model.embed(patches: patches, kept: keptPatches(batch.count)), model.embed(ids: ids)]
  }

  /// The loss of both towers' embeddings.
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss { loss(of: embeddings, batch, rows: nil) }

  /// What some pictures and texts contribute to it.
  public func loss(of embeddings: [Tensor], _ batch: Batch, dueTo rows: Range<Int>) -> Loss {
    loss(of: embeddings, batch, rows: rows)
  }

  private func loss(of embeddings: [Tensor], _ batch: Batch, rows: Range<Int>?) -> Loss {
    let (images, texts) = (embeddings[0], embeddings[1])
    let positives = Positives(batch)
    let scale = model.logitScale.tensor.exp()
    let total =
      switch (loss, rows) {
      case (.softmax, nil): infoNCE(images, texts, scale: scale, positives: positives, smoothing: labelSmoothing)
      case (.softmax, let rows?):
        infoNCE(images, texts, scale: scale, positives: positives, smoothing: labelSmoothing, dueTo: rows)
      case (.sigmoid, let rows):
        pairwiseSigmoid(
          images, texts, scale: scale, bias: model.logitBias?.tensor ?? Tensor(0), positives: positives, dueTo: rows)
      }
    return Loss(
      total, parts: [("temperature", 1 / scale.scalar)], embeddings: [("image", images), ("text", texts)],
      relation: .modalities, chance: loss == .softmax ? log(Float(max(1, batch.count))) : nil,
      observations: { [loss, temperature = 1 / scale.scalar] in
        loss == .softmax ? [.temperature(temperature, within: (1 / Self.largestScale)...1)] : []
      })
  }

  /// Keeps the temperature within its bounds.
  public func didStep(progress: Double) {
    guard loss == .softmax else { return }
    let most = log(Self.largestScale)
    if model.logitScale.value.scalar > most || model.logitScale.value.scalar < 0 {
      model.logitScale.update { $0[0] = min(most, max(0, $0[0])) }
    }
  }

  private func keptPatches(_ batch: Int) -> Tensor? {
    guard patchDropout > 0, Pass.current.isTraining else { return nil }
    let patches = model.vision.shape.patchCount
    let kept = max(1, Int((Float(patches) * (1 - patchDropout)).rounded()))
    let generator = Pass.current.generator.split(into: -1)
    let ids = (0..<batch).flatMap { sample in
      var stream = generator.split(into: sample)
      return stream.permutation(patches).prefix(kept).sorted().map { Int32($0) }
    }
    return Tensor(ids: ids, [batch, kept])
  }
}
