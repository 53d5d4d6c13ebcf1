import Layers
import Tensors

extension CLIP {
  /// Freezes both towers and lets the linear layers of their blocks learn changes of low rank (Hu et al., 2022). The
  /// projections and the temperature go on learning.
  public func attachLoRA(rank: Int, alpha: Float, _ generator: inout Generator) {
    vision.setTrainable(false)
    text.setTrainable(false)
    vision.blocks.attachLoRA(rank: rank, alpha: alpha, &generator)
    text.blocks.attachLoRA(rank: rank, alpha: alpha, &generator)
  }

  /// Runs something with the low-rank changes in the weights: saving the model for those who know of none.
  public func withMergedLoRA<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Layers.withMergedLoRA(of: vision.blocks.linears + text.blocks.linears, body)
  }
}
