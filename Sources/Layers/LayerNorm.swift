import Tensors

/// Normalises the last axis to mean 0 and variance 1, then scales and shifts (Ba et al., 2016).
public struct LayerNorm: Layer {
  /// The gain, `[width]`.
  public let weight: Parameter
  /// The shift, `[width]`.
  public let bias: Parameter
  /// Added to the variance. CLIP and PyTorch: 1e-5; ViT in timm and MAE: 1e-6; Hugging Face's ViTMAE: 1e-12.
  public let epsilon: Float

  /// Starts as plain normalisation.
  public init(_ width: Int, epsilon: Float = 1e-5) {
    weight = Parameter(Tensor(repeating: 1, [width]))
    bias = Parameter(.zeros([width]))
    self.epsilon = epsilon
  }

  /// x: `[…, width]`; the output feeds a matrix product and so has the pass's precision.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNorm(weight.tensor, bias.tensor, epsilon: epsilon)
  }
}
