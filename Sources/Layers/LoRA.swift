import Tensors

/// A low-rank change of a linear layer's weight, W + (α / r) B A (Hu et al., "LoRA: low-rank adaptation of large language
/// models", 2022): what is learnt where the weight itself is frozen.
///
/// Every linear layer has a place for one, empty until `attach`.
public final class LoRA: Module {
  /// A, `[rank, in]`, starts like other weights.
  public private(set) var down: Parameter?
  /// B, `[out, rank]`, starts at zero: the change begins with none.
  public private(set) var up: Parameter?
  /// α / r
  private var scale: Float = 0

  /// An empty place.
  public init() {}

  /// Puts a change beside a weight.
  fileprivate func attach(to weight: Parameter, rank: Int, alpha: Float, _ generator: inout Generator) {
    guard rank > 0 else { fatalError("LoRA: rank \(rank)") }
    down = Parameter(Initialization.uniformFanIn([rank, weight.value.shape[1]], &generator))
    up = Parameter(.zeros([weight.value.shape[0], rank]))
    scale = alpha / Float(rank)
  }

  /// base + (α / r) x Aᵀ Bᵀ; the base alone where nothing is attached.
  func callAsFunction(_ x: Tensor, adding base: Tensor) -> Tensor {
    guard let down, let up else { return base }
    return (x.linear(down.tensor) * scale).linear(up.tensor, adding: base)
  }

  /// Whether there is a change.
  public var isAttached: Bool { up != nil }

  /// The weight with the change in it.
  func merged(_ weight: Tensor) -> Tensor {
    guard let down, let up else { return weight }
    return weight + up.value.matmul(down.value) * scale
  }
}

extension Linear {
  /// Freezes the layer and lets it learn a change of low rank in its stead.
  public func attachLoRA(rank: Int, alpha: Float, _ generator: inout Generator) {
    setTrainable(false)
    lora.attach(to: weight, rank: rank, alpha: alpha, &generator)
  }
}

/// Runs something with the low-rank changes of some layers in their weights, where others expect them: saving a model.
public func withMergedLoRA<Result>(of layers: [Linear], _ body: () throws -> Result) rethrows -> Result {
  let changed = layers.filter(\.lora.isAttached)
  let weights = changed.map(\.weight.value)
  for layer in changed { layer.weight.value = layer.lora.merged(layer.weight.value) }
  defer { for (layer, weight) in zip(changed, weights) { layer.weight.value = weight } }
  return try body()
}
