import Encoders
import Layers
import Objectives
import Tensors

/// A training step that is timed side by side with PyTorch's: same sizes, same batch, same optimizer.
public enum Workload: String, CaseIterable, Sendable {
  /// 128 pairs; ViT 64/8 of width 192 and depth 6, text of width 192 and depth 4.
  case clipTiny = "clip-tiny"
  /// 32 pairs; CLIP ViT-B/32.
  case clipB32 = "clip-b32"
  /// 128 pictures; a masked autoencoder of 32/4, width 192 and depth 12, its decoder of width 128 and depth 4.
  case maeTiny = "mae-tiny"
  /// 16 pictures; the masked autoencoder's ViT-B/16.
  case maeB16 = "mae-b16"
  /// 16 pictures; the same encoder without its decoder, with nothing hidden.
  case encoderB16 = "encoder-b16"
  /// The same with 75 % of the patches hidden.
  case encoderB16Masked = "encoder-b16-masked"
  /// 128 pictures of 32 pixels in two views; ResNet-18 with the stem for small pictures, projector of two layers.
  case simclrR18 = "simclr-r18"
  /// 16 × 256 tokens; a next-token model of width 256 and depth 6.
  case gptMini = "gpt-mini"

  /// Samples a step.
  public var batch: Int {
    switch self {
    case .clipTiny, .maeTiny: 128
    case .clipB32: 32
    case .maeB16, .encoderB16, .encoderB16Masked: 16
    case .simclrR18: 128
    case .gptMini: 16
    }
  }

  /// The model, ready to take a step's loss.
  func make() -> TimedTask {
    var generator = Generator(seed: 0)
    switch self {
    case .clipTiny:
      return clip(
        image: 64, patch: 8, vision: (192, 6, 3), vocabulary: 4096, context: 32, text: (192, 4, 3), embedding: 128,
        &generator)
    case .clipB32:
      return clip(
        image: 224, patch: 32, vision: (768, 12, 12), vocabulary: 49408, context: 77, text: (512, 12, 8),
        embedding: 512, &generator)
    case .maeTiny:
      return masked(
        MaskedAutoencoderShape(
          imageSize: 32, patchSize: 4, width: 192, depth: 12, heads: 3, decoderWidth: 128, decoderDepth: 4,
          decoderHeads: 4), &generator)
    case .maeB16:
      return masked(
        MaskedAutoencoderShape(imageSize: 224, patchSize: 16, width: 768, depth: 12, heads: 12), &generator)
    case .encoderB16: return encoder(hiding: 0, &generator)
    case .encoderB16Masked: return encoder(hiding: 0.75, &generator)
    case .simclrR18:
      let encoder = ProjectedEncoder(
        .resNet(ResNetShape(.resNet18, stem: .cifar)), projector: HeadShape(hidden: [512], output: 128), &generator)
      let objective = SimCLR(encoder, temperature: 0.5)
      let input = Batch(
        views: (0..<2).map { _ in Initialization.normal(deviation: 1)([batch, 32, 32, 3], &generator) })
      return TimedTask(module: objective) { objective(input).total }
    case .gptMini:
      let shape = TextShape(
        vocabulary: 4096, context: 256, blocks: TransformerShape(width: 256, depth: 6, heads: 8))
      let model = TextTransformer(shape, &generator)
      let ids = Tensor(ids: (0..<16 * 256).map { _ in Int32(generator.below(4096)) }, [16, 256])
      return TimedTask(module: model) { NextToken(model).loss(ids) }
    }
  }

  private func clip(
    image: Int, patch: Int, vision: (Int, Int, Int), vocabulary: Int, context: Int, text: (Int, Int, Int),
    embedding: Int, _ generator: inout Generator
  ) -> TimedTask {
    let shape = CLIPShape(
      vision: VisionShape(
        imageSize: image, patchSize: patch,
        blocks: TransformerShape(width: vision.0, depth: vision.1, heads: vision.2), hasPreNorm: false,
        hasPatchBias: true),
      text: TextShape(
        vocabulary: vocabulary, context: context,
        blocks: TransformerShape(width: text.0, depth: text.1, heads: text.2)),
      embedding: embedding)
    let objective = JointEmbedding(CLIP(shape, &generator), loss: .softmax)
    let patches = Initialization.normal(deviation: 1)(
      [batch, shape.vision.patchCount, patch * patch * 3], &generator)
    let ids = (0..<batch * context).map { i in
      i % context == context - 1 ? Int32(vocabulary - 1) : Int32(1 + generator.below(vocabulary - 2))
    }
    let input = Batch(views: [patches], ids: Tensor(ids: ids, [batch, context]))
    return TimedTask(module: objective) { objective(input).total }
  }
}

extension Workload {
  private func masked(_ shape: MaskedAutoencoderShape, _ generator: inout Generator) -> TimedTask {
    let objective = MaskedReconstruction(MaskedAutoencoder(shape, &generator))
    let length = shape.encoder.patchSize * shape.encoder.patchSize * 3
    let input = Batch(
      views: [Initialization.normal(deviation: 1)([batch, shape.encoder.patchCount, length], &generator)])
    return TimedTask(module: objective) { objective(input).total }
  }

  /// The encoder of a masked autoencoder alone: what masking saves.
  private func encoder(hiding ratio: Double, _ generator: inout Generator) -> TimedTask {
    let shape = MaskedAutoencoderShape(imageSize: 224, patchSize: 16, width: 768, depth: 12, heads: 12, decoderDepth: 0)
    let model = MaskedAutoencoder(shape, &generator)
    let patches = Initialization.normal(deviation: 1)([batch, shape.encoder.patchCount, 768], &generator)
    let noise = Initialization.normal(deviation: 1)([batch, shape.encoder.patchCount], &generator)
    let mask = BatchMask(noise: noise, ratio: ratio)
    return TimedTask(module: model.encoder) { model.encode(patches, mask).cast(to: .float32).squared().mean() }
  }
}

/// What a workload runs again and again.
struct TimedTask {
  let module: any Module
  let loss: () -> Tensor
}

/// Next-token prediction with the embedding's own table as the output layer.
private struct NextToken {
  let model: TextTransformer
  init(_ model: TextTransformer) { self.model = model }

  func loss(_ ids: Tensor) -> Tensor {
    let (batch, length) = (ids.shape[0], ids.shape[1])
    let width = model.shape.blocks.width
    // The last token has nothing to predict.
    let x = model.norm(model.tokens(ids)).reshaped([batch, length, width])
    let logits = x.linear(model.tokenEmbedding.weight.tensor, output: .float32)
    let all = ids.ids
    let targets = (0..<batch * length).map { i in i % length == length - 1 ? -1 : all[i + 1] }
    return logits.reshaped([batch * length, model.shape.vocabulary])
      .softmaxCrossEntropy(Tensor(ids: targets, [batch * length]))
  }
}
