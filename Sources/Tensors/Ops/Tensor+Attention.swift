import CKernels

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
  ///
  /// Kept for the backward pass: the input, the output, and a number for each query (Dao et al., 2022).
  public func attention(mask: AttentionMask = .full) -> Tensor {
    guard rank == 5, shape[2] == 3 else { fatalError("attention: \(shape) is not [batch, tokens, 3, heads, width]") }
    let (batch, tokens, heads, width) = (shape[0], shape[1], shape[3], shape[4])
    let attention = Attention(
      batch: batch, queries: tokens, keys: tokens, heads: heads, width: width, element: element, mask: mask)
    let value = Tensor.uninitialized([batch, tokens, heads, width], element)
    let logSums = Tensor.uninitialized([batch, heads, tokens])
    attention.forward(packed(0), packed(1), packed(2), value.unpacked, logSums)

    let qkv = kept
    return Tensor(value, from: [self]) { g in
      let qkv = qkv()
      let gradient = Tensor.uninitialized(qkv.shape, qkv.element)
      attention.backward(
        qkv.packed(0), qkv.packed(1), qkv.packed(2), value.unpacked, logSums, g.cast(to: qkv.element),
        (gradient.packed(0), gradient.packed(1), gradient.packed(2)))
      return [gradient]
    }
  }

  /// The same with queries `[batch, tokens, heads, d]` that attend to another sequence's keys and values.
  public static func attention(queries: Tensor, keys: Tensor, values: Tensor, mask: AttentionMask = .full) -> Tensor {
    guard queries.rank == 4, keys.rank == 4, keys.shape == values.shape, queries.shape[0] == keys.shape[0],
      queries.shape[2] == keys.shape[2], queries.shape[3] == keys.shape[3], queries.element == keys.element,
      queries.element == values.element
    else { fatalError("attention: queries \(queries.shape), keys \(keys.shape), values \(values.shape)") }
    let attention = Attention(
      batch: queries.shape[0], queries: queries.shape[1], keys: keys.shape[1], heads: queries.shape[2],
      width: queries.shape[3], element: queries.element, mask: mask)
    let value = Tensor.uninitialized(queries.shape, queries.element)
    let logSums = Tensor.uninitialized([queries.shape[0], queries.shape[2], queries.shape[1]])
    attention.forward(queries.unpacked, keys.unpacked, values.unpacked, value.unpacked, logSums)

    let (q, k, v) = (queries.kept, keys.kept, values.kept)
    return Tensor(value, from: [queries, keys, values]) { g in
      let (q, k, v) = (q(), k(), v())
      let (dq, dk, dv) = (
        Tensor.uninitialized(q.shape, q.element), Tensor.uninitialized(k.shape, k.element),
        Tensor.uninitialized(v.shape, v.element)
      )
      attention.backward(
        q.unpacked, k.unpacked, v.unpacked, value.unpacked, logSums, g.cast(to: q.element),
        (dq.unpacked, dk.unpacked, dv.unpacked))
      return [dq, dk, dv]
    }
  }

  /// Queries (0), keys (1) or values (2) of `[batch, tokens, 3, heads, width]`.
  fileprivate func packed(_ part: Int) -> ck_tokens {
    let (tokens, heads, width) = (shape[1], shape[3], shape[4])
    return ck_tokens(
      data: bytes + part * heads * width * element.size, batch: tokens * 3 * heads * width, token: 3 * heads * width,
      head: width)
  }

  /// The vectors of `[batch, tokens, heads, width]`.
  fileprivate var unpacked: ck_tokens {
    ck_tokens(
      data: bytes, batch: shape[1] * shape[2] * shape[3], token: shape[2] * shape[3], head: shape[3])
  }
}

/// The sizes of an attention, and the kernels on them.
private struct Attention {
  let batch: Int, queries: Int, keys: Int, heads: Int, width: Int
  let element: ElementType
  let mask: AttentionMask

  init(
    batch: Int, queries: Int, keys: Int, heads: Int, width: Int, element: ElementType, mask: AttentionMask
  ) {
    (self.batch, self.queries, self.keys, self.heads, self.width) = (batch, queries, keys, heads, width)
    self.element = element
    self.mask = mask
    if let lengths = mask.lengths, lengths.count != batch {
      fatalError("attention: \(lengths.count) lengths for a batch of \(batch)")
    }
  }

  func forward(_ q: ck_tokens, _ k: ck_tokens, _ v: ck_tokens, _ out: ck_tokens, _ logSums: Tensor) {
    withProblem(q, k, v, out, logSums) { AttentionKernels.best.forward($0) }
  }

  func backward(
    _ q: ck_tokens, _ k: ck_tokens, _ v: ck_tokens, _ out: ck_tokens, _ logSums: Tensor, _ g: Tensor,
    _ gradients: (q: ck_tokens, k: ck_tokens, v: ck_tokens)
  ) {
    withProblem(q, k, v, out, logSums) { problem in
      var problem = problem
      problem.g = g.unpacked
      (problem.dq, problem.dk, problem.dv) = gradients
      AttentionKernels.best.backward(problem)
    }
  }

  private func withProblem(
    _ q: ck_tokens, _ k: ck_tokens, _ v: ck_tokens, _ out: ck_tokens, _ logSums: Tensor,
    _ body: (ck_attention_problem) -> Void
  ) {
    if batch * heads * width == 0 || queries == 0 { return }
    var problem = ck_attention_problem()
    problem.element = element.ck
    (problem.batch, problem.heads, problem.queries, problem.keys, problem.width) = (batch, heads, queries, keys, width)
    problem.scale = 1 / Float(width).squareRoot()
    problem.causal = mask.isCausal ? 1 : 0
    (problem.q, problem.k, problem.v, problem.out) = (q, k, v, out)
    problem.log_sums = logSums.pointer
    guard let lengths = mask.lengths else { return body(problem) }
    lengths.withUnsafeBufferPointer {
      problem.lengths = $0.baseAddress
      body(problem)
    }
  }
}

extension AttentionMask {
  fileprivate var isCausal: Bool {
    switch self {
    case .full, .keyPadding: false
    case .causal, .causalKeyPadding: true
    }
  }

  fileprivate var lengths: [Int32]? {
    switch self {
    case .full, .causal: nil
    case .keyPadding(let lengths), .causalKeyPadding(let lengths): lengths
    }
  }
}
