import Glibc
import Tensors

/// How widely attention looks, in the layers of a forward pass: the mean entropy of its rows as a share of what is
/// possible, 1 for all tokens alike.
///
/// Near 0 every query looks at one token, which comes before training diverges (Zhai et al., "Stabilizing transformer
/// training by preventing attention entropy collapse", 2023).
public struct AttentionEntropy: Sendable, Equatable {
  /// Of all layers.
  public let mean: Double
  /// Of the layer that looks least widely.
  public let least: Double

  /// Of layers' entropies; `nil` if there are none.
  public init?(layers: [Double]) {
    guard let least = layers.min() else { return nil }
    self.least = least
    mean = layers.reduce(0, +) / Double(layers.count)
  }
}

/// Listens to the attention layers of a pass.
///
/// ```swift
/// let probe = AttentionProbe()
/// pass.onAttention = probe.listen
/// ```
public final class AttentionProbe: Sendable {
  private let layers = Locked<[Double]>([])

  /// Nothing heard yet.
  public init() {}

  /// Takes in a layer: its first sample stands for all.
  @Sendable public func listen(_ qkv: Tensor, _ mask: AttentionMask) {
    guard qkv.rank == 5, qkv.shape[0] > 0 else { return }
    let entropy = attentionEntropy(qkv.detached.sliced(0..<1), mask, queries: 16)
    layers.withLock { $0.append(entropy) }
  }

  /// What was heard.
  public var entropy: AttentionEntropy? { AttentionEntropy(layers: layers.withLock { $0 }) }
}

/// The mean entropy of attention rows, each as a share of the logarithm of how many tokens it may look at.
///
/// - Parameters:
///   - qkv: the packed projection, `[batch, tokens, 3, heads, width]`.
///   - queries: the most queries of a head that are looked at, spread over the tokens.
package func attentionEntropy(_ qkv: Tensor, _ mask: AttentionMask = .full, queries limit: Int = .max) -> Double {
  let (batch, tokens, heads, width) = (qkv.shape[0], qkv.shape[1], qkv.shape[3], qkv.shape[4])
  let values = qkv.values
  let scale = 1 / Double(width).squareRoot()
  let queries = min(tokens, limit)
  var (sum, rows) = (0.0, 0.0)
  var scores: [Double] = []
  for sample in 0..<batch {
    for head in 0..<heads {
      func start(_ token: Int, _ part: Int) -> Int { (((sample * tokens + token) * 3 + part) * heads + head) * width }
      for number in 0..<queries {
        // From the last backwards, whose choice is the widest under a causal mask.
        let query = tokens - 1 - number * tokens / queries
        let seen = mask.visible(to: query, sample: sample, tokens: tokens)
        // One token to look at is no choice.
        guard seen > 1 else { continue }
        let q = start(query, 0)
        scores.removeAll(keepingCapacity: true)
        for key in 0..<seen {
          let k = start(key, 1)
          var score: Float = 0
          for i in 0..<width { score += values[q + i] * values[k + i] }
          scores.append(scale * Double(score))
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        // H = log Σ e^s − Σ p s
        let mean = zip(weights, scores).reduce(0) { $0 + $1.0 / total * ($1.1 - top) }
        sum += (log(total) - mean) / log(Double(seen))
        rows += 1
      }
    }
  }
  return rows > 0 ? sum / rows : 1
}

extension AttentionMask {
  /// How many of the first tokens a query may look at.
  fileprivate func visible(to query: Int, sample: Int, tokens: Int) -> Int {
    switch self {
    case .full: tokens
    case .causal: query + 1
    case .keyPadding(let lengths): min(tokens, Int(lengths[sample]))
    case .causalKeyPadding(let lengths): min(query + 1, Int(lengths[sample]))
    }
  }
}
