import Layers
import Tensors

/// An encoder of pictures and a linear classifier on its class token.
public struct ImageClassifier: Module {
  /// The encoder.
  public let encoder: VisionTransformer
  /// Normalises features without gain and shift: what linear probes of masked autoencoders have before the classifier
  /// (He et al., 2022, appendix A.1).
  public let norm: BatchNorm?
  /// `[classes, width]`
  public let classifier: Linear
  /// Whether the encoder stays as it is.
  public let isProbe: Bool

  /// A classifier for so many classes. As a probe it leaves the encoder alone.
  public init(_ shape: VisionShape, classes: Int, isProbe: Bool, _ generator: inout Generator) {
    encoder = VisionTransformer(shape, &generator)
    norm = isProbe ? BatchNorm(shape.blocks.width, affine: false, epsilon: 1e-6) : nil
    // The paper's: small, so that training begins with even guesses.
    let deviation: Float = isProbe ? 0.01 : 2e-5
    classifier = Linear(shape.blocks.width, classes, weights: .truncatedNormal(deviation: deviation), &generator)
    self.isProbe = isProbe
    if isProbe { encoder.setTrainable(false) }
  }

  /// patches: `[batch, patches, values]` → logits, `[batch, classes]`, in single precision.
  public func callAsFunction(_ patches: Tensor) -> Tensor {
    let features = encoder(patches).cast(to: .float32)
    return classifier(norm.map { $0(features) } ?? features).cast(to: .float32)
  }
}
