import Tensors

/// Scores of classes that are linear in the features: features · weights + bias.
package struct LinearClassifier: Sendable {
  /// `width` rows of `classes` numbers.
  package var weights: [Float]
  /// One for each class.
  package var bias: [Float]
  /// How many classes there are.
  package let classes: Int

  /// All zero.
  package init(width: Int, classes: Int) {
    weights = Array(repeating: 0, count: width * classes)
    bias = Array(repeating: 0, count: classes)
    self.classes = classes
  }

  /// Writes the scores of samples: a row each.
  func scores(_ features: Embeddings, into out: UnsafeMutableBufferPointer<Float>) {
    let width = weights.count / max(classes, 1)
    guard features.width == width, out.count == features.count * classes else {
      fatalError("LinearClassifier: features of \(features.width) numbers, weights for \(width)")
    }
    guard let result = out.baseAddress, classes > 0 else { return }
    features.withNumbers { numbers in
      weights.withUnsafeBufferPointer { weights in
        bias.withUnsafeBufferPointer { bias in
          guard let a = numbers.baseAddress, let b = weights.baseAddress else {
            for i in out.indices { out[i] = bias[i % classes] }
            return
          }
          gemm(
            m: features.count, n: classes, k: width, a: MatrixOperand(a, rowStride: width),
            b: MatrixOperand(b, rowStride: classes), c: MatrixResult(result, rowStride: classes), precision: .fp32,
            epilogue: GemmEpilogue(bias: bias.baseAddress))
        }
      }
    }
  }

  /// The five classes with the highest scores of each sample, best first; of equal ones the lower.
  package func guesses(_ features: Embeddings) -> [[Int]] {
    var scores = [Float](repeating: 0, count: features.count * classes)
    scores.withUnsafeMutableBufferPointer { self.scores(features, into: $0) }
    return (0..<features.count).map { sample in
      var best = BoundedHeap<Hit>(limit: 5)
      for c in 0..<classes { best.offer(Hit(row: c, score: Double(scores[sample * classes + c]))) }
      return best.elements.sorted(by: >).map(\.row)
    }
  }
}
