import Tensors

/// Multi-head self-attention with one fused projection for queries, keys and values (Vaswani et al., 2017).
public struct SelfAttention: Module {
  /// `[3 · width, width]`: queries, keys, values.
  public let qkv: Linear
  /// `[width, width]`
  public let output: Linear
  /// How many heads share the width.
  public let heads: Int

  /// A layer of `width` features.
  public init(
    _ width: Int, heads: Int, input: Initialization = .truncatedNormal(deviation: 0.02),
    output: Initialization = .truncatedNormal(deviation: 0.02), _ generator: inout Generator
  ) {
    guard heads > 0, width % heads == 0 else {
      fatalError("attention: width \(width) does not divide into \(heads) heads")
    }
    self.heads = heads
    qkv = Linear(width, 3 * width, weights: input, &generator)
    self.output = Linear(width, width, weights: output, &generator)
  }

  /// x: `[batch, tokens, width]` → the same shape, plus the residual if there is one.
  public func callAsFunction(_ x: Tensor, mask: AttentionMask = .full, adding residual: Tensor? = nil) -> Tensor {
    let (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    let qkv = self.qkv(x).reshaped([batch, tokens, 3, heads, width / heads])
    let pass = Pass.current
    if let listen = pass.onAttention, !pass.isRecomputing { listen(qkv, mask) }
    return output(qkv.attention(mask: mask).reshaped([batch, tokens, width]), adding: residual)
  }
}
