import Layers
import Tensors

/// CLIP's text encoder: a causal transformer, pooled where the text ends (Radford et al., 2021, section 2.4).
public struct TextTransformer: Module {
  /// `[vocabulary, width]`
  public let tokenEmbedding: Embedding
  /// `[context, width]`
  public let positions: Parameter
  /// The blocks.
  public let blocks: TransformerStack
  /// After the last block.
  public let norm: LayerNorm
  /// What it was made from.
  public let shape: TextShape

  /// A new encoder.
  public init(_ shape: TextShape, _ generator: inout Generator) {
    self.shape = shape
    tokenEmbedding = Embedding(shape.vocabulary, shape.blocks.width, weights: .normal(deviation: 0.02), &generator)
    positions = Parameter(
      Initialization.normal(deviation: shape.positionDeviation ?? 0.01)(
        [shape.context, shape.blocks.width], &generator))
    blocks = TransformerStack(shape.blocks, &generator)
    norm = LayerNorm(shape.blocks.width, epsilon: shape.blocks.epsilon)
  }

  /// All tokens after the last block, before the last norm. ids: `[batch, tokens]` → `[batch, tokens, width]`
  public func tokens(_ ids: Tensor) -> Tensor {
    guard ids.rank == 2, ids.shape[1] <= shape.context else {
      fatalError("text transformer: ids \(ids.shape) for a context of \(shape.context)")
    }
    let x = tokenEmbedding(ids) + positions.tensor.sliced(0..<ids.shape[1])
    return blocks(x, mask: shape.isCausal ? .causal : .full)
  }

  /// One vector a text: `[batch, width]`
  public func callAsFunction(_ ids: Tensor) -> Tensor {
    let x = tokens(ids)
    let (batch, length) = (ids.shape[0], ids.shape[1])
    let numbers = ids.ids
    let ends = (0..<batch).map { row in
      Int32(row * length + shape.pooling.end(of: numbers[row * length..<(row + 1) * length]))
    }
    // Only the pooled rows are normalised: the norm works on each token by itself.
    return norm(x.reshaped([batch * length, x.shape[2]]).rows(at: Tensor(ids: ends, [batch])))
  }
}

/// Where a text's vector is read.
public enum TextPooling: Sendable, Equatable {
  /// At the largest id: CLIP's end of text is the last of its vocabulary. Hugging Face's configurations with
  /// `eos_token_id` 2 mean this too.
  case largestId
  /// At the first such id.
  case first(id: Int32)
  /// At the last token, padding included: SigLIP.
  case last

  /// The position in one text; the first one where there is no such token.
  package func end(of ids: ArraySlice<Int32>) -> Int {
    switch self {
    case .largestId:
      let largest = ids.max()
      return (ids.firstIndex { $0 == largest } ?? ids.startIndex) - ids.startIndex
    case .first(let id): return (ids.firstIndex(of: id) ?? ids.startIndex) - ids.startIndex
    case .last: return max(0, ids.count - 1)
    }
  }
}

/// The sizes and habits of a text transformer.
public struct TextShape: Sendable, Equatable {
  /// Tokens that it knows.
  public var vocabulary: Int
  /// Tokens of the longest text.
  public var context: Int
  /// The blocks.
  public var blocks: TransformerShape
  /// Where a text's vector is read.
  public var pooling: TextPooling
  /// Whether a token sees only those before it.
  public var isCausal: Bool
  /// How widely positions start; `nil`: as in the paper.
  public var positionDeviation: Float?

  /// An encoder; what is not given is as in CLIP.
  public init(
    vocabulary: Int, context: Int, blocks: TransformerShape, pooling: TextPooling = .largestId, isCausal: Bool = true
  ) {
    self.vocabulary = vocabulary
    self.context = context
    self.blocks = blocks
    self.pooling = pooling
    self.isCausal = isCausal
  }
}
