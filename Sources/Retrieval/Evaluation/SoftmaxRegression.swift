import Glibc
import Tensors

/// The cross-entropy of softmax over a linear classifier's scores, and its gradient.
struct SoftmaxRegression {
  let features: Embeddings
  let labels: [Int]
  let classes: Int

  /// The mean loss of all samples. `residuals` becomes (probabilities - one-hot labels) / samples: a row each.
  func loss(_ classifier: LinearClassifier, residuals: inout [Float]) -> Double {
    residuals.withUnsafeMutableBufferPointer { classifier.scores(features, into: $0) }
    let chunks = (features.count + 255) / 256
    var losses = [Double](repeating: 0, count: chunks)
    losses.withUnsafeMutableBufferPointer { losses in
      residuals.withUnsafeMutableBufferPointer { residuals in
        nonisolated(unsafe) let (losses, residuals) = (losses, residuals)
        parallelFor(features.count, grain: 256) { samples in
          var loss = 0.0
          for sample in samples {
            let row = UnsafeMutableBufferPointer(rebasing: residuals[sample * classes..<(sample + 1) * classes])
            loss += Self.softmax(row, label: labels[sample], scale: 1 / Float(features.count))
          }
          losses[samples.lowerBound / 256] = loss
        }
      }
    }
    return losses.reduce(0, +) / Double(max(features.count, 1))
  }

  /// Adds the gradient of the weights and of the bias to what is there.
  func gradient(residuals: [Float]) -> LinearClassifier {
    var gradient = LinearClassifier(width: features.width, classes: classes)
    features.withNumbers { numbers in
      residuals.withUnsafeBufferPointer { residuals in
        gradient.weights.withUnsafeMutableBufferPointer { out in
          guard let a = numbers.baseAddress, let b = residuals.baseAddress, let c = out.baseAddress else { return }
          gemm(
            m: features.width, n: classes, k: features.count,
            a: MatrixOperand(a, rowStride: features.width, transposed: true),
            b: MatrixOperand(b, rowStride: classes), c: MatrixResult(c, rowStride: classes), precision: .fp32)
        }
      }
    }
    var sums = [Double](repeating: 0, count: classes)
    for sample in 0..<features.count { for c in 0..<classes { sums[c] += Double(residuals[sample * classes + c]) } }
    gradient.bias = sums.map { Float($0) }
    return gradient
  }

  private static func softmax(_ row: UnsafeMutableBufferPointer<Float>, label: Int, scale: Float) -> Double {
    let most = row.max() ?? 0
    var sum = 0.0
    for i in row.indices { sum += exp(Double(row[i] - most)) }
    let loss = log(sum) - Double(row[label] - most)
    for i in row.indices { row[i] = Float(exp(Double(row[i] - most)) / sum) * scale }
    row[label] -= scale
    return loss
  }
}
