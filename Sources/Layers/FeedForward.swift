import Tensors

/// The two-layer perceptron of a transformer block.
public struct FeedForward: Layer {
  /// `[hidden, width]`
  public let expand: Linear
  /// `[width, hidden]`
  public let contract: Linear

  /// From `width` to `hidden` features and back.
  public init(
    _ width: Int, hidden: Int, activation: Activation, expand: Initialization = .truncatedNormal(deviation: 0.02),
    contract: Initialization = .truncatedNormal(deviation: 0.02), _ generator: inout Generator
  ) {
    self.expand = Linear(width, hidden, activation: activation, weights: expand, &generator)
    self.contract = Linear(hidden, width, weights: contract, &generator)
  }

  /// x: `[…, width]` → the same shape.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, adding: nil) }

  /// The same, added to a residual stream.
  public func callAsFunction(_ x: Tensor, adding residual: Tensor?) -> Tensor {
    if expand.lora.isAttached || contract.lora.isAttached { return contract(expand(x), adding: residual) }
    return x.feedForward(
      expand.weight.tensor, expand.bias?.tensor, contract.weight.tensor, contract.bias?.tensor,
      activation: expand.activation, adding: residual)
  }
}
