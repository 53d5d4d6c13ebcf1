/// Features of samples with their classes.
package struct LabelledFeatures: Sendable {
  /// A row each.
  package let features: Embeddings
  /// One each.
  package let labels: [Int]
  /// How many classes there are.
  package let classes: Int

  /// Features with labels in `0..<classes`.
  package init(_ features: Embeddings, labels: [Int], classes: Int) {
    guard features.count == labels.count, labels.allSatisfy({ (0..<classes).contains($0) }) else {
      fatalError("LabelledFeatures: \(features.count) samples, \(labels.count) labels in 0..<\(classes)")
    }
    self.features = features
    self.labels = labels
    self.classes = classes
  }

  /// Some of them.
  package func rows(_ chosen: [Int]) -> LabelledFeatures {
    LabelledFeatures(features.rows(chosen), labels: chosen.map { labels[$0] }, classes: classes)
  }

  /// Every fifth sample of each class, and the others.
  package var split: (training: LabelledFeatures, validation: LabelledFeatures) {
    var seen = [Int](repeating: 0, count: classes)
    var (training, validation) = ([Int](), [Int]())
    for (row, label) in labels.enumerated() {
      if seen[label] % 5 == 4 { validation.append(row) } else { training.append(row) }
      seen[label] += 1
    }
    return (rows(training), rows(validation))
  }
}
