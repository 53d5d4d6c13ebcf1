import Glibc
import Layers
import Tensors

/// Two towers with one space (Radford et al., 2021; Zhai et al., 2023, for SigLIP).
public struct CLIP: Module {
  /// The picture tower.
  public let vision: VisionTransformer
  /// The text tower.
  public let text: TextTransformer
  /// From the picture tower's width to the shared one; SigLIP's pooling head does without.
  public let visionProjection: Linear?
  /// From the text tower's width to the shared one; SigLIP's has a bias.
  public let textProjection: Linear?
  /// log of the factor on the cosine similarities.
  public let logitScale: Parameter
  /// Added to them: SigLIP.
  public let logitBias: Parameter?
  /// What it was made from.
  public let shape: CLIPShape

  /// A new model.
  public init(_ shape: CLIPShape, _ generator: inout Generator) {
    self.shape = shape
    vision = VisionTransformer(shape.vision, &generator)
    text = TextTransformer(shape.text, &generator)
    visionProjection = shape.visionProjection.layer(shape.vision.blocks.width, shape.embedding, &generator)
    textProjection = shape.textProjection.layer(shape.text.blocks.width, shape.embedding, &generator)
    switch shape.loss {
    case .softmax:
      logitScale = Parameter(Tensor(log(1 / 0.07)))
      logitBias = nil
    case .sigmoid:
      logitScale = Parameter(Tensor(log(10)))
      logitBias = Parameter(Tensor(-10))
    }
  }

  /// Embeds pictures: patches `[batch, patches, values]` → `[batch, embedding]`, of length one, in single precision.
  public func embed(patches: Tensor, kept: Tensor? = nil) -> Tensor {
    let x = vision(patches, kept: kept)
    return (visionProjection.map { $0(x) } ?? x).cast(to: .float32).normalizedL2()
  }

  /// Embeds texts: ids `[batch, tokens]` → `[batch, embedding]`, of length one, in single precision.
  public func embed(ids: Tensor) -> Tensor {
    let x = text(ids)
    return (textProjection.map { $0(x) } ?? x).cast(to: .float32).normalizedL2()
  }
}

/// The sizes and habits of a joint embedding.
public struct CLIPShape: Sendable, Equatable {
  /// The picture tower.
  public var vision: VisionShape
  /// The text tower.
  public var text: TextShape
  /// Features of the shared space.
  public var embedding: Int
  /// What it is trained with.
  public var loss: ContrastiveLoss
  /// From the picture tower's width to the embedding's.
  public var visionProjection: Projection
  /// From the text tower's width to the embedding's.
  public var textProjection: Projection

  /// A model. CLIP projects both towers without a bias; SigLIP only its texts, where the pictures' width is the
  /// embedding's, and with one.
  public init(
    vision: VisionShape, text: TextShape, embedding: Int, loss: ContrastiveLoss = .softmax,
    visionProjection: Projection? = nil, textProjection: Projection? = nil
  ) {
    self.vision = vision
    self.text = text
    self.embedding = embedding
    self.loss = loss
    let isNeedless = loss == .sigmoid && vision.blocks.width == embedding
    self.visionProjection = visionProjection ?? (isNeedless ? .identity : .linear)
    self.textProjection = textProjection ?? (loss == .sigmoid ? .affine : .linear)
  }
}

/// What stands between a tower and the shared space.
public enum Projection: String, Sendable, CaseIterable {
  /// Nothing: the widths are the same.
  case identity
  /// A matrix.
  case linear
  /// A matrix and a bias.
  case affine

  func layer(_ width: Int, _ embedding: Int, _ generator: inout Generator) -> Linear? {
    if self == .identity {
      guard width == embedding else { fatalError("CLIP: a tower of width \(width) without projection to \(embedding)") }
      return nil
    }
    return Linear(
      width, embedding, bias: self == .affine, weights: .normal(deviation: 1 / Float(width).squareRoot()), &generator)
  }
}

/// The two families of joint embeddings.
public enum ContrastiveLoss: String, Sendable, CaseIterable {
  /// CLIP: softmax over the batch.
  case softmax
  /// SigLIP: a sigmoid for each pair.
  case sigmoid
}
