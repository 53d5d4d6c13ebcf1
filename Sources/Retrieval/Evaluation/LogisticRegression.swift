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
  /// on both sides of the best so far. Of equally good ones the stronger regularisation wins.
  package static func sweep(training: LabelledFeatures, validation: LabelledFeatures) -> (c: Double, accuracy: Double) {
    var tried: [Int: Double] = [:]
    // Exponents in quarters of a power of ten.
    func accuracy(_ quarters: Int) -> Double {
      if let known = tried[quarters] { return known }
      let classifier = fit(training, c: pow(10, Double(quarters) / 4))
      let found = Accuracy(guesses: classifier.guesses(validation.features), labels: validation.labels).top1
      tried[quarters] = found
      return found
    }
    func best() -> Int {
      tried.min { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }?.key ?? 0
    }
    for quarters in stride(from: -24, through: 24, by: 8) { _ = accuracy(quarters) }
    for step in [4, 2, 1] {
      let center = best()
      for quarters in [center - step, center + step] where (-24...24).contains(quarters) { _ = accuracy(quarters) }
    }
    return (pow(10, Double(best()) / 4), accuracy(best()))
  }
}
