import Tensors

/// Whether a masked autoencoder has learnt more than what a constant would do (He et al., "Masked autoencoders are
/// scalable vision learners", 2022).
public struct ReconstructionQuality: Sendable, Equatable {
  /// The error as a share of that of predicting each patch by its own mean value: 1 is a flat patch of the right
  /// brightness. With the paper's normalised targets the mean is 0 and the baseline 1.
  public let relativeError: Double
  /// The variance of predictions between patches as a share of the targets': 0 if all patches get the same answer.
  public let relativeVariance: Double

  /// Of masked patches `[patches, values]`, at most so many.
  public init(predictions: Tensor, targets: Tensor, limit: Int = 1024) {
    let width = targets.shape[-1]
    let all = targets.count / max(1, width)
    let count = min(all, limit)
    let (p, t) = (predictions.reshaped([all, width]), targets.reshaped([all, width]))
    // Spread over the batch: the patches of one picture resemble each other.
    let places = (0..<count).map { $0 * all / max(1, count) }
    func rows(_ tensor: Tensor) -> Rows {
      let values = tensor.values
      return Rows(
        count: count, width: width, places.flatMap { values[$0 * width..<($0 + 1) * width].map(Double.init) })
    }
    let (predicted, wanted) = (rows(p), rows(t))
    var (error, baseline) = (0.0, 0.0)
    for row in 0..<count {
      let mean = wanted[row].reduce(0, +) / Double(max(1, width))
      for (a, b) in zip(predicted[row], wanted[row]) {
        error += (a - b) * (a - b)
        baseline += (b - mean) * (b - mean)
      }
    }
    relativeError = baseline > 0 ? error / baseline : error > 0 ? .infinity : 0
    func variance(_ rows: Rows) -> Double { rows.centred.values.reduce(0) { $0 + $1 * $1 } }
    let own = variance(wanted)
    relativeVariance = own > 0 ? variance(predicted) / own : 0
  }
}
