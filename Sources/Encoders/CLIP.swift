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

  /// A new model.
  public init(_ shape: CLIPShape, _ generator: inout Generator) {
    vision = VisionTransformer(shape.vision, &generator)
    text = TextTransformer(shape.text, &generator)
    let (width, textWidth) = (shape.vision.blocks.width, shape.text.blocks.width)
    func projection(from width: Int, bias: Bool = false) -> Linear {
      Linear(
        width, shape.embedding, bias: bias, weights: .normal(deviation: 1 / Float(width).squareRoot()), &generator)
    }
    switch shape.loss {
    case .softmax:
      visionProjection = projection(from: width)
      textProjection = projection(from: textWidth)
      logitScale = Parameter(Tensor(log(1 / 0.07)))
      logitBias = nil
    case .sigmoid:
      visionProjection = nil
      textProjection = projection(from: textWidth, bias: true)
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
  /// What it is trained with, which decides about projections and the bias.
  public var loss: ContrastiveLoss

  /// A model.
  public init(vision: VisionShape, text: TextShape, embedding: Int, loss: ContrastiveLoss = .softmax) {
    self.vision = vision
    self.text = text
    self.embedding = embedding
    self.loss = loss
  }
}

/// The two families of joint embeddings.
public enum ContrastiveLoss: Sendable, Equatable {
  /// CLIP: softmax over the batch.
  case softmax
  /// SigLIP: a sigmoid for each pair.
  case sigmoid
}
