import Glibc
import Tensors

/// The probe of the self-supervised papers (He et al., "Masked autoencoders", 2022, appendix A.1): a linear layer on
/// standardized features, trained by SGD with momentum 0.9, without weight decay, its learning rate falling as a cosine.
package struct SGDProbe: Sendable {
  /// Passes over the samples.
  package var epochs = 90
  /// Samples in a step.
  package var batch = 256
  /// The learning rates that are tried, for a batch of 256.
  package var rates: [Double] = [0.01, 0.03, 0.1, 0.3, 1]
  /// The seed of the order of samples.
  package var seed: UInt64 = 0

  /// A probe.
  package init() {}

  /// The classifier for a learning rate, on features that are standardized already.
  package func fit(_ data: LabelledFeatures, rate: Double) -> LinearClassifier {
    let (width, classes, count) = (data.features.width, data.classes, data.features.count)
    var classifier = LinearClassifier(width: width, classes: classes)
    var momentum = classifier
    let steps = (count + batch - 1) / batch
    for epoch in 0..<epochs {
      var generator = Generator(seed, epoch)
      let order = (0..<count).shuffled(using: &generator)
      for step in 0..<steps {
        let chosen = order[step * batch..<min(count, (step + 1) * batch)]
        let part = data.rows(Array(chosen))
        let regression = SoftmaxRegression(features: part.features, labels: part.labels, classes: classes)
        var residuals = [Float](repeating: 0, count: chosen.count * classes)
        _ = regression.loss(classifier, residuals: &residuals)
        let gradient = regression.gradient(residuals: residuals)
        let progress = Double(epoch * steps + step) / Double(epochs * steps)
        let rate = Float(rate * Double(batch) / 256 * (1 + cos(.pi * progress)) / 2)
        for i in momentum.weights.indices {
          momentum.weights[i] = 0.9 * momentum.weights[i] + gradient.weights[i]
          classifier.weights[i] -= rate * momentum.weights[i]
        }
        for i in momentum.bias.indices {
          momentum.bias[i] = 0.9 * momentum.bias[i] + gradient.bias[i]
          classifier.bias[i] -= rate * momentum.bias[i]
        }
      }
    }
    return classifier
  }

  /// The learning rate that is best on a validation split; of equally good ones the lower. `nil` where there is nothing to
  /// validate on.
  package func sweep(training: LabelledFeatures, validation: LabelledFeatures) -> (rate: Double, accuracy: Double)? {
    guard !validation.labels.isEmpty else { return nil }
    let tried = rates.map { rate in
      let guesses = fit(training, rate: rate).guesses(validation.features)
      return (rate: rate, accuracy: Accuracy(guesses: guesses, labels: validation.labels).top1)
    }
    return tried.reduce((rate: 0.1, accuracy: -1)) { $1.accuracy > $0.accuracy ? $1 : $0 }
  }
}
