import Encoders
import Glibc
import Layers
import Tensors

/// SimCLR (Chen et al., "A simple framework for contrastive learning of visual representations", 2020): two views of a
/// picture find each other among all views of the batch.
public struct SimCLR: TwoViewObjective {
  /// Encoder and projector.
  public let encoder: ProjectedEncoder
  /// τ of NT-Xent.
  public let temperature: Float

  /// An objective for an encoder.
  public init(_ encoder: ProjectedEncoder, temperature: Float = 0.5) {
    self.encoder = encoder
    self.temperature = temperature
  }

  /// Both views, of length one. They pass together, so that batch norm sees all of them, as in algorithm 1.
  public func embed(_ batch: Batch) -> [Tensor] {
    let (first, second) = batch.twoViews
    let z = encoder(Tensor.concatenated([first, second])).normalizedL2()
    return [z.sliced(0..<batch.count), z.sliced(batch.count..<2 * batch.count)]
  }

  /// NT-Xent of both views.
  public func loss(of embeddings: [Tensor], _ batch: Batch) -> Loss {
    Loss(
      ntXent(embeddings[0], embeddings[1], temperature: temperature),
      embeddings: [("view1", embeddings[0]), ("view2", embeddings[1])],
      chance: log(Float(max(1, 2 * embeddings[0].shape[0] - 1))))
  }
}

/// The normalised temperature-scaled cross-entropy (Chen et al., 2020, equation 1): each of the 2n views tells its partner
/// from the 2n − 2 others.
///
/// - `first`: `[n, width]`, of length one.
/// - `second`: their partners, in the same order.
public func ntXent(_ first: Tensor, _ second: Tensor, temperature: Float) -> Tensor {
  guard first.rank == 2, first.shape == second.shape else {
    fatalError("NT-Xent: views \(first.shape) with \(second.shape)")
  }
  let n = first.shape[0]
  let z = Tensor.concatenated([first, second])
  let similarities = z.matmul(z, transposingOther: true) / temperature
  // No view is compared with itself.
  let partners = (0..<2 * n).map { Int32(($0 + n) % (2 * n)) }
  return (similarities + diagonal(-1e9, 2 * n)).softmaxCrossEntropy(Tensor(ids: partners, [2 * n]))
}

/// A square matrix with `value` on its diagonal and zeros elsewhere.
func diagonal(_ value: Float, _ side: Int) -> Tensor {
  let matrix = Tensor.zeros([side, side])
  for i in 0..<side { matrix.floatBuffer[i * side + i] = value }
  return matrix
}
