import Glibc

/// Logistic regression on frozen features, as CLIP's linear probes (Radford et al., 2021, appendix A.3) and scikit-learn's
/// `LogisticRegression(C)` have it: it minimizes C · Σ cross-entropy + ‖weights‖² / 2; the bias is free.
package enum LogisticRegression {
  /// The classifier for a strength of regularisation.
  package static func fit(_ data: LabelledFeatures, c: Double, from start: LinearClassifier? = nil) -> LinearClassifier
  {
    let (width, classes, count) = (data.features.width, data.classes, data.features.count)
    let regression = SoftmaxRegression(features: data.features, labels: data.labels, classes: classes)
    var residuals = [Float](repeating: 0, count: count * classes)
    // Divided by C and the number of samples: a mean loss, whose gradient is of one size for all strengths.
    let decay = 1 / (c * Double(max(count, 1)))
    var classifier = start ?? LinearClassifier(width: width, classes: classes)
    let weights = width * classes
    let solution = LBFGS().minimize(from: (classifier.weights + classifier.bias).map { Double($0) }) { x, gradient in
      for i in 0..<weights { classifier.weights[i] = Float(x[i]) }
      for i in 0..<classes { classifier.bias[i] = Float(x[weights + i]) }
      var value = regression.loss(classifier, residuals: &residuals)
      let slopes = regression.gradient(residuals: residuals)
      for i in 0..<weights {
        value += decay * x[i] * x[i] / 2
        gradient[i] = Double(slopes.weights[i]) + decay * x[i]
      }
      for i in 0..<classes { gradient[weights + i] = Double(slopes.bias[i]) }
      return value
    }
    for i in 0..<weights { classifier.weights[i] = Float(solution[i]) }
    for i in 0..<classes { classifier.bias[i] = Float(solution[weights + i]) }
    return classifier
  }

  /// The strength that is best on a validation split: powers of 100 from 10⁻⁶ to 10⁶, then three times half the distance
  /// on both sides of the best so far.
  ///
  /// Of those that are right equally often the one with the lowest validation loss wins: where next to nothing is left of
  /// the weights, the last bits of scores decide who is right, and only the loss tells that nothing was learnt. Of losses
  /// within a thousandth of the lowest the stronger regularisation wins.
  ///
  /// `nil` where there is nothing to validate on: all strengths would look the same.
  package static func sweep(
    training: LabelledFeatures, validation: LabelledFeatures
  ) -> (c: Double, accuracy: Double)? {
    guard !validation.labels.isEmpty else { return nil }
    let regression = SoftmaxRegression(
      features: validation.features, labels: validation.labels, classes: validation.classes)
    // By exponents in quarters of a power of ten.
    var tried: [Int: (accuracy: Double, loss: Double)] = [:]
    func attempt(_ quarters: Int) {
      guard tried[quarters] == nil else { return }
      let classifier = fit(training, c: pow(10, Double(quarters) / 4))
      let guesses = classifier.guesses(validation.features)
      var residuals = [Float](repeating: 0, count: validation.labels.count * validation.classes)
      tried[quarters] = (
        Accuracy(guesses: guesses, labels: validation.labels).top1, regression.loss(classifier, residuals: &residuals)
      )
    }
    func best() -> (quarters: Int, accuracy: Double) {
      let accuracy = tried.values.map(\.accuracy).max() ?? 0
      let equals = tried.filter { $0.value.accuracy == accuracy }
      let loss = equals.values.map(\.loss).min() ?? 0
      return (equals.filter { $0.value.loss <= loss + 1e-3 }.keys.min() ?? 0, accuracy)
    }
    for quarters in stride(from: -24, through: 24, by: 8) { attempt(quarters) }
    for step in [4, 2, 1] {
      let center = best().quarters
      for quarters in [center - step, center + step] where (-24...24).contains(quarters) { attempt(quarters) }
    }
    return (pow(10, Double(best().quarters) / 4), best().accuracy)
  }
}
