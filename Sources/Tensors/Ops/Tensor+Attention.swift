/// What a query may look at.
public enum AttentionMask: Sendable, Equatable {
  /// Every key.
  case full
  /// The keys up to its own place.
  case causal
  /// The first so many keys of each sample.
  case keyPadding([Int32])
  /// Both.
  case causalKeyPadding([Int32])
}

extension Tensor {
  /// Scaled dot-product attention, softmax(Q Kᵀ / √d) V, over the packed queries, keys and values of the fused
  /// projection: `[batch, tokens, 3, heads, d]` → `[batch, tokens, heads, d]`. A query that may look at nothing gets 0.
  public func attention(mask: AttentionMask = .full) -> Tensor {
    guard rank == 5, shape[2] == 3 else { fatalError("attention: \(shape) is not [batch, tokens, 3, heads, width]") }
    return Tensor.attention(queries: at(0, axis: 2), keys: at(1, axis: 2), values: at(2, axis: 2), mask: mask)
  }

  /// The same with queries `[batch, tokens, heads, d]` that attend to another sequence's keys and values.
  public static func attention(queries: Tensor, keys: Tensor, values: Tensor, mask: AttentionMask = .full) -> Tensor {
    guard queries.rank == 4, keys.rank == 4, keys.shape == values.shape, queries.shape[0] == keys.shape[0],
      queries.shape[2] == keys.shape[2], queries.shape[3] == keys.shape[3]
    else { fatalError("attention: queries \(queries.shape), keys \(keys.shape), values \(values.shape)") }
    let (q, k, v) = (queries.permuted([0, 2, 1, 3]), keys.permuted([0, 2, 1, 3]), values.permuted([0, 2, 1, 3]))
    var scores =
      q.matmul(k, transposingOther: true).cast(to: .float32) * (1 / Float(Swift.max(1, queries.shape[3])).squareRoot())
    guard let allowed = mask.matrix(queries.shape[0], queries.shape[1], keys.shape[1]) else {
      return scores.softmax().cast(to: v.element).matmul(v).permuted([0, 2, 1, 3])
    }
    scores = scores + (allowed - 1) * 1e30
    return (scores.softmax() * allowed).cast(to: v.element).matmul(v).permuted([0, 2, 1, 3])
  }
}

extension AttentionMask {
  /// 1 where a query may look, 0 elsewhere: `[batch, 1, queries, keys]`.
  fileprivate func matrix(_ batch: Int, _ queries: Int, _ keys: Int) -> Tensor? {
    if self == .full { return nil }
    let allowed = Tensor.zeros([batch, 1, queries, keys])
    for b in 0..<batch {
      for q in 0..<queries {
        let seen =
          switch self {
          case .full: keys
          case .causal: q + 1
          case .keyPadding(let lengths): Int(lengths[b])
          case .causalKeyPadding(let lengths): Swift.min(q + 1, Int(lengths[b]))
          }
        for k in 0..<Swift.min(seen, keys) { allowed.floats[(b * queries + q) * keys + k] = 1 }
      }
    }
    return allowed
  }
}
