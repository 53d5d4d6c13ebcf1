import Encoders
import Tensors

/// A method that learns from two views of each picture.
public protocol TwoViewObjective: EmbeddingObjective {
  /// What is trained, and what is used afterwards.
  var encoder: ProjectedEncoder { get }

  /// The encoder was given another's weights before the first step.
  func didChangeEncoder()
}

extension TwoViewObjective {
  /// Nothing follows the encoder.
  public func didChangeEncoder() {}
}

extension Batch {
  /// The two views of each picture.
  var twoViews: (first: Tensor, second: Tensor) {
    guard views.count == 2 else { fatalError("two views of each picture are needed, the batch has \(views.count)") }
    return (views[0], views[1])
  }
}
