import Layers
import Patching
import Tensors

/// The vision transformer (Dosovitskiy et al., 2021), with the variations of CLIP, SigLIP and MAE.
public struct VisionTransformer: Module {
  /// Embeds a patch: `[width, patch · patch · 3]`, its inputs in the order (row, column, channel).
  public let patchEmbedding: Linear
  /// `[width]`; absent where the pooling does without.
  public let classToken: Parameter?
  /// `[tokens, width]`; the class token's comes first.
  public let positions: Parameter
  /// CLIP normalises before the first block too.
  public let preNorm: LayerNorm?
  /// The blocks.
  public let blocks: TransformerStack
  /// After the last block.
  public let norm: LayerNorm
  /// Attention pooling, where the shape asks for it.
  public let pool: AttentionPool?
  /// What it was made from.
  public let shape: VisionShape

  /// A new encoder.
  public init(_ shape: VisionShape, _ generator: inout Generator) {
    self.shape = shape
    let width = shape.blocks.width
    let scale = 1 / Float(width).squareRoot()
    let deviation: Float = shape.blocks.initialization == .clip ? scale : 0.02
    patchEmbedding = Linear(
      shape.patchSize * shape.patchSize * 3, width, bias: shape.hasPatchBias,
      weights: shape.blocks.initialization == .xavier ? .xavierUniform : .truncatedNormal(deviation: 0.02), &generator)
    classToken =
      shape.hasClassToken
      ? Parameter(Initialization.normal(deviation: deviation)([width], &generator)) : nil
    positions =
      shape.hasFixedPositions
      ? Parameter(fixed: sinCosPositions(gridSize: shape.gridSize, width: width, hasClassToken: shape.hasClassToken))
      : Parameter(
        Initialization.normal(deviation: shape.positionDeviation ?? deviation)([shape.tokenCount, width], &generator))
    preNorm = shape.hasPreNorm ? LayerNorm(width, epsilon: shape.blocks.epsilon) : nil
    blocks = TransformerStack(shape.blocks, &generator)
    norm = LayerNorm(width, epsilon: shape.blocks.epsilon)
    pool = shape.pooling == .attention ? AttentionPool(shape.blocks, &generator) : nil
  }

  /// All tokens after the last block, normalised. patches: `[batch, patches, patch · patch · 3]` → `[batch, tokens,
  /// width]`
  ///
  /// `kept`: ids of the patches to look at, `[batch, kept]`: FLIP's patch dropout (Li et al., 2023). All by
  /// default.
  public func tokens(_ patches: Tensor, kept: Tensor? = nil) -> Tensor {
    norm(blocks(embedded(patches, kept: kept)))
  }

  /// The tokens as they enter the first block.
  public func embedded(_ patches: Tensor, kept: Tensor? = nil) -> Tensor {
    let (batch, width) = (patches.shape[0], shape.blocks.width)
    let first = shape.hasClassToken ? 1 : 0
    guard patches.shape == [batch, shape.patchCount, patchEmbedding.weight.value.shape[1]] else {
      fatalError("vision transformer: patches \(patches.shape) for \(shape.patchCount) patches of \(shape.patchSize)²")
    }
    let positions = self.positions.tensor
    let patchPositions = positions.sliced(first..<shape.tokenCount)
    var x: Tensor
    if let kept {
      // Positions of the kept patches only, and no work for the others.
      let chosen = patches.selected(kept)
      let places = patchPositions.rows(at: kept)
      x = chosen.linear(patchEmbedding.weight.tensor, bias: patchEmbedding.bias?.tensor, adding: places)
    } else {
      x = patches.linear(patchEmbedding.weight.tensor, bias: patchEmbedding.bias?.tensor, output: .float32)
      x = x + patchPositions
    }
    if let classToken {
      let start = (classToken.tensor.reshaped([1, width]) + positions.sliced(0..<1)).reshaped([1, 1, width])
      x = Tensor.concatenated([start.expanded(to: [batch, 1, width]), x], axis: 1)
    }
    return preNorm.map { $0(x).cast(to: .float32) } ?? x
  }

  /// One vector a picture: `[batch, width]`
  public func callAsFunction(_ patches: Tensor, kept: Tensor? = nil) -> Tensor {
    let x = blocks(embedded(patches, kept: kept))
    switch shape.pooling {
    // Only the class token's row is normalised: the others would be thrown away.
    case .classToken: return norm(x.at(0, axis: 1))
    case .mean:
      return norm(x).cast(to: .float32).sliced((shape.hasClassToken ? 1 : 0)..<x.shape[1], axis: 1).mean(axis: 1)
    case .attention:
      guard let pool else { fatalError("vision transformer: attention pooling without its layers") }
      return pool(norm(x))
    }
  }
}

extension Parameter {
  /// A parameter that training leaves alone.
  convenience init(fixed value: Tensor) {
    self.init(value)
    isTrainable = false
  }
}

/// Sines and cosines for each token, `[tokens, width]`; the class token's are zeros.
func sinCosPositions(gridSize: Int, width: Int, hasClassToken: Bool) -> Tensor {
  let patches = Tensor(
    sinCosPositions(rows: gridSize, columns: gridSize, width: width), [gridSize * gridSize, width])
  return hasClassToken ? Tensor.concatenated([.zeros([1, width]), patches]) : patches
}

/// How a vision transformer makes one vector of its tokens.
public enum VisionPooling: String, Sendable, CaseIterable {
  /// The class token's.
  case classToken = "class_token"
  /// The mean over the patches.
  case mean
  /// A learned query attends to the patches (Zhai et al., 2022: SigLIP).
  case attention
}

/// The sizes and habits of a vision transformer.
public struct VisionShape: Sendable, Equatable {
  /// Pixels along a side of the picture.
  public var imageSize: Int
  /// Pixels along a side of a patch.
  public var patchSize: Int
  /// The blocks.
  public var blocks: TransformerShape
  /// How one vector comes out.
  public var pooling: VisionPooling
  /// Whether there is a class token.
  public var hasClassToken: Bool
  /// Whether tokens are normalised before the first block, as in CLIP.
  public var hasPreNorm: Bool
  /// Whether the patch embedding has a bias: not in CLIP.
  public var hasPatchBias: Bool
  /// How widely positions start; `nil`: as in the paper. Wide ones let a short training tell left from right.
  public var positionDeviation: Float?
  /// Whether positions are sines and cosines that training leaves alone: MAE.
  public var hasFixedPositions: Bool

  /// An encoder; what is not given is as in CLIP.
  public init(
    imageSize: Int, patchSize: Int, blocks: TransformerShape, pooling: VisionPooling = .classToken,
    hasClassToken: Bool? = nil, hasPreNorm: Bool = true, hasPatchBias: Bool = false, hasFixedPositions: Bool = false
  ) {
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.blocks = blocks
    self.pooling = pooling
    self.hasClassToken = hasClassToken ?? (pooling == .classToken)
    self.hasPreNorm = hasPreNorm
    self.hasPatchBias = hasPatchBias
    self.hasFixedPositions = hasFixedPositions
  }

  /// Patches along a side.
  public var gridSize: Int { imageSize / patchSize }
  /// Patches of a picture.
  public var patchCount: Int { gridSize * gridSize }
  /// Patches and the class token.
  public var tokenCount: Int { patchCount + (hasClassToken ? 1 : 0) }
}

/// One query attends to all tokens, then a perceptron: the "MAP head" of Zhai et al., "Scaling vision transformers".
public struct AttentionPool: Module {
  /// `[width]`
  public let probe: Parameter
  /// Queries, keys and values, `[3 · width, width]`.
  public let qkv: Linear
  /// `[width, width]`
  public let output: Linear
  /// Before the perceptron.
  public let norm: LayerNorm
  /// The perceptron.
  public let feedForward: FeedForward
  let heads: Int

  init(_ shape: TransformerShape, _ generator: inout Generator) {
    heads = shape.heads
    probe = Parameter(Initialization.xavierUniform([1, shape.width], &generator).reshaped([shape.width]))
    qkv = Linear(shape.width, 3 * shape.width, weights: .xavierUniform, &generator)
    output = Linear(shape.width, shape.width, weights: .xavierUniform, &generator)
    norm = LayerNorm(shape.width, epsilon: shape.epsilon)
    feedForward = FeedForward(shape.width, hidden: shape.hidden, activation: shape.activation, &generator)
  }

  /// x: `[batch, tokens, width]` → `[batch, width]`
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    let weight = qkv.weight.tensor
    let bias = qkv.bias?.tensor
    // One query for all pictures.
    let query = probe.tensor.reshaped([1, width]).linear(
      weight.sliced(0..<width), bias: bias?.sliced(0..<width))
    let keysAndValues = x.linear(weight.sliced(width..<3 * width), bias: bias?.sliced(width..<3 * width))
      .reshaped([batch, tokens, 2, heads, width / heads])
    let pooled = Tensor.attention(
      queries: query.reshaped([1, 1, heads, width / heads]).expanded(to: [batch, 1, heads, width / heads]),
      keys: keysAndValues.at(0, axis: 2), values: keysAndValues.at(1, axis: 2))
    let h = output(pooled.reshaped([batch, width])).cast(to: .float32)
    return feedForward(norm(h), adding: h)
  }
}
