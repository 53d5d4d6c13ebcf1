import Tensors

/// The mean cosine between predictions and targets, `[batch, width]`: how far a student follows its teacher (Grill et al.,
/// "Bootstrap your own latent", 2020, equation 2).
public func predictionAgreement(_ prediction: Tensor, target: Tensor) -> Double {
  func rows(_ tensor: Tensor) -> Rows {
    Rows(count: tensor.shape[0], width: tensor.count / max(1, tensor.shape[0]), tensor.values.map(Double.init))
      .normalized
  }
  let (p, t) = (rows(prediction), rows(target))
  let count = min(p.count, t.count)
  return (0..<count).reduce(0) { sum, row in zip(p[row], t[row]).reduce(sum) { $0 + $1.0 * $1.1 } }
    / Double(max(1, count))
}
