import Layers
import Tensors

/// A pre-norm transformer block: x + attention(norm(x)), then h + perceptron(norm(h)).
public struct TransformerBlock: Module {
  /// Before attention.
  public let norm1: LayerNorm
  /// Multi-head self-attention.
  public let attention: SelfAttention
  /// Before the perceptron.
  public let norm2: LayerNorm
  /// The perceptron.
  public let feedForward: FeedForward
  /// Stochastic depth on both branches.
  let attentionDrop: DropPath
  let feedForwardDrop: DropPath

  /// Block number `index` of a tower; the number keeps its random streams apart from those of other blocks.
  public init(_ shape: TransformerShape, index: Int, _ generator: inout Generator) {
    let weights = shape.initialization.weights(width: shape.width, depth: shape.depth)
    norm1 = LayerNorm(shape.width, epsilon: shape.epsilon)
    attention = SelfAttention(
      shape.width, heads: shape.heads, input: weights.attention, output: weights.projection, &generator)
    norm2 = LayerNorm(shape.width, epsilon: shape.epsilon)
    feedForward = FeedForward(
      shape.width, hidden: shape.hidden, activation: shape.activation, expand: weights.expand,
      contract: weights.projection, &generator)
    let rate = shape.depth > 1 ? shape.dropPath * Float(index) / Float(shape.depth - 1) : shape.dropPath
    attentionDrop = DropPath(rate, stream: shape.firstStream + 2 * index)
    feedForwardDrop = DropPath(rate, stream: shape.firstStream + 2 * index + 1)
  }

  /// x: `[batch, tokens, width]` → the same shape.
  public func callAsFunction(_ x: Tensor, mask: AttentionMask = .full) -> Tensor {
    if attentionDrop.isActive {
      let h = x + attentionDrop(attention(norm1(x), mask: mask))
      return h + feedForwardDrop(feedForward(norm2(h)))
    }
    let h = attention(norm1(x), mask: mask, adding: x)
    return feedForward(norm2(h), adding: h)
  }
}

/// The sizes and habits of a stack of blocks.
public struct TransformerShape: Sendable, Equatable {
  /// Features of a token.
  public var width: Int
  /// Blocks.
  public var depth: Int
  /// Attention heads a block.
  public var heads: Int
  /// Features inside the perceptrons; 4 × width in all of the papers.
  public var hidden: Int
  /// Between the perceptron's two layers.
  public var activation: Activation
  /// Of the layer norms.
  public var epsilon: Float
  /// Stochastic depth: the rate of the last block; it grows linearly from 0 at the first (Huang et al., 2016).
  public var dropPath: Float
  /// How weights start.
  public var initialization: TransformerInitialization
  /// Whether blocks are run again in the backward pass instead of keeping what they computed.
  public var recomputes: Bool
  /// The first of the random streams of this stack's blocks.
  public var firstStream: Int

  /// A stack; what is not given is as in ViT.
  public init(
    width: Int, depth: Int, heads: Int, hidden: Int? = nil, activation: Activation = .gelu, epsilon: Float = 1e-5,
    dropPath: Float = 0, initialization: TransformerInitialization = .clip, recomputes: Bool = false,
    firstStream: Int = 0
  ) {
    self.width = width
    self.depth = depth
    self.heads = heads
    self.hidden = hidden ?? 4 * width
    self.activation = activation
    self.epsilon = epsilon
    self.dropPath = dropPath
    self.initialization = initialization
    self.recomputes = recomputes
    self.firstStream = firstStream
  }
}

/// How the weights of a stack start.
public enum TransformerInitialization: Sendable, Equatable {
  /// Normal, scaled by width and depth (Radford et al., 2021, and GPT-2).
  case clip
  /// Truncated normal of deviation 0.02 (Dosovitskiy et al., 2021, as in timm).
  case vit
  /// Glorot's uniform (He et al., 2022: MAE).
  case xavier

  func weights(width: Int, depth: Int) -> (
    attention: Initialization, projection: Initialization, expand: Initialization
  ) {
    let scale = 1 / Float(width).squareRoot()
    return switch self {
    case .clip:
      (
        .normal(deviation: scale), .normal(deviation: scale / Float(2 * depth).squareRoot()),
        .normal(deviation: 1 / Float(2 * width).squareRoot())
      )
    case .vit:
      (.truncatedNormal(deviation: 0.02), .truncatedNormal(deviation: 0.02), .truncatedNormal(deviation: 0.02))
    case .xavier: (.xavierUniform, .xavierUniform, .xavierUniform)
    }
  }
}

/// The blocks of a tower, one after another.
public struct TransformerStack: Module {
  /// The blocks.
  public let blocks: [TransformerBlock]
  let recomputes: Bool

  /// A stack of blocks.
  public init(_ shape: TransformerShape, _ generator: inout Generator) {
    blocks = (0..<shape.depth).map { TransformerBlock(shape, index: $0, &generator) }
    recomputes = shape.recomputes
  }

  /// x: `[batch, tokens, width]` → the same shape.
  public func callAsFunction(_ x: Tensor, mask: AttentionMask = .full) -> Tensor {
    blocks.reduce(x) { x, block in
      recomputes ? recomputed(x, block.parameters.map(\.parameter)) { block($0, mask: mask) } : block(x, mask: mask)
    }
  }
}

extension TransformerStack {
  /// The linear layers of attention and perceptrons: where low-rank changes go.
  var linears: [Linear] {
    blocks.flatMap { [$0.attention.qkv, $0.attention.output, $0.feedForward.expand, $0.feedForward.contract] }
  }

  /// Freezes the blocks and lets each of their linear layers learn a change of low rank.
  func attachLoRA(rank: Int, alpha: Float, _ generator: inout Generator) {
    setTrainable(false)
    for layer in linears { layer.attachLoRA(rank: rank, alpha: alpha, &generator) }
  }
}
