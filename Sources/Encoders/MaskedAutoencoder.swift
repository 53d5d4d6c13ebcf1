import Layers
import Tensors

/// The masked autoencoder (He et al., "Masked autoencoders are scalable vision learners", 2022): an encoder that sees
/// a part of a picture's patches, and a small decoder that guesses the others.
public struct MaskedAutoencoder: Module {
  /// What is kept after pretraining.
  public let encoder: VisionTransformer
  /// What is thrown away.
  public let decoder: MaskedDecoder
  /// What it was made from.
  public let shape: MaskedAutoencoderShape

  /// A new model.
  public init(_ shape: MaskedAutoencoderShape, _ generator: inout Generator) {
    self.shape = shape
    encoder = VisionTransformer(shape.encoder, &generator)
    decoder = MaskedDecoder(shape, &generator)
  }

  /// The tokens of the patches that are seen, the class token's first: `[batch, patches, values]` → `[batch, 1 +
  /// visible, width]`
  public func encode(_ patches: Tensor, _ mask: BatchMask) -> Tensor {
    // With nothing hidden no patch has to be picked.
    encoder.tokens(patches, kept: mask.hidden.shape[1] == 0 ? nil : mask.visible)
  }

  /// What the model takes all patches for, those that it sees too: `[batch, patches, values]`
  public func predictions(_ patches: Tensor, _ mask: BatchMask) -> Tensor {
    let tokens = decoder.tokens(encode(patches, mask), mask)
    return decoder.prediction(tokens.sliced(1..<tokens.shape[1], axis: 1))
  }

  /// What it takes the hidden patches for: `[batch, hidden, values]`
  public func hiddenPredictions(encoded: Tensor, _ mask: BatchMask) -> Tensor {
    decoder.prediction(decoder.tokens(encoded, mask).selected(mask.hidden.shifted(by: 1)))
  }
}

/// Guesses patches from the tokens of others: a lightweight transformer with one shared token for all that is hidden.
public struct MaskedDecoder: Module {
  /// From the encoder's width to the decoder's.
  public let embedding: Linear
  /// What stands for a hidden patch, `[width]`.
  public let maskToken: Parameter
  /// Sines and cosines, `[1 + patches, width]`; not trained.
  public let positions: Parameter
  /// The blocks.
  public let blocks: TransformerStack
  /// After the last block.
  public let norm: LayerNorm
  /// To a patch's pixels.
  public let pixels: Linear

  init(_ shape: MaskedAutoencoderShape, _ generator: inout Generator) {
    let (encoder, decoder) = (shape.encoder, shape.decoder)
    let patchLength = encoder.patchSize * encoder.patchSize * 3
    embedding = Linear(encoder.blocks.width, decoder.width, weights: .xavierUniform, &generator)
    maskToken = Parameter(Initialization.normal(deviation: 0.02)([decoder.width], &generator))
    positions = Parameter(
      fixed: sinCosPositions(gridSize: encoder.gridSize, width: decoder.width, hasClassToken: true))
    blocks = TransformerStack(decoder, &generator)
    norm = LayerNorm(decoder.width, epsilon: decoder.epsilon)
    pixels = Linear(decoder.width, patchLength, weights: .xavierUniform, &generator)
  }

  /// All tokens after the last block: those that are seen, `[batch, 1 + visible, encoder's width]`, and a mask token for
  /// each hidden patch, in the order of the patches → `[batch, 1 + patches, width]`
  func tokens(_ encoded: Tensor, _ mask: BatchMask) -> Tensor {
    let (batch, seen) = (encoded.shape[0], encoded.shape[1])
    let width = embedding.weight.value.shape[0]
    guard seen == 1 + mask.visible.shape[1], batch == mask.batch else {
      fatalError("masked decoder: tokens \(encoded.shape) for \(mask.batch) masks of \(mask.visible.shape[1]) patches")
    }
    let known = encoded.linear(embedding.weight.tensor, bias: embedding.bias?.tensor, output: .float32)
    let token = maskToken.tensor.reshaped([1, 1, width]).expanded(to: [batch, 1, width])
    // Hidden patches all read the one token behind those that are seen.
    let places = mask.restoringOrder.ids.map { min($0 + 1, Int32(seen)) }
    let patches = mask.patchCount
    let order = (0..<batch).flatMap { [0] + places[$0 * patches..<($0 + 1) * patches] }
    let all = Tensor.concatenated([known, token], axis: 1).selected(Tensor(ids: order, [batch, 1 + patches]))
    return blocks(all + positions.tensor)
  }

  /// tokens: `[batch, k, width]` → `[batch, k, values]`, in single precision.
  func prediction(_ tokens: Tensor) -> Tensor {
    norm(tokens).linear(pixels.weight.tensor, bias: pixels.bias?.tensor, output: .float32)
  }
}

extension Tensor {
  /// Ids, each greater by a number.
  fileprivate func shifted(by offset: Int32) -> Tensor { Tensor(ids: ids.map { $0 + offset }, shape) }
}
