import CKernels
import Glibc
import Tensors
import Testing

/// A case of attention, with its operands in one buffer `[batch, tokens, 3, heads, width]`, as the fused projection of
/// queries, keys and values leaves them, or in three.
private struct Case {
  var batch = 2
  var heads = 2
  var queries: Int
  var keys: Int
  var width: Int
  var causal = false
  var lengths: [Int32]?
  var fused = false
  var element = CK_F32

  var description: String {
    "\(batch)·\(heads) \(queries)×\(keys) of \(width)\(causal ? " causal" : "") \(lengths ?? []) \(fused ? "fused" : "")"
  }
  /// Elements of fp32 differ by rounding; of bf16, by bf16's.
  var tolerance: Double { element == CK_F32 ? 4e-6 : 2.5e-2 }
  /// Exponentials that will be rounded to bf16 are computed to 9e-5.
  var logSumTolerance: Double { element == CK_F32 ? 1e-5 : 1e-4 }

  func seen(_ sample: Int, _ query: Int) -> Int {
    min(lengths.map { max(0, Int($0[sample])) } ?? keys, keys, causal ? query + 1 : keys)
  }
}

private struct Tokens {
  let buffer: Numbers
  let tokens: Int, slots: Int, slot: Int
  let (heads, width): (Int, Int)

  func index(_ sample: Int, _ token: Int, _ head: Int, _ d: Int) -> Int {
    ((sample * tokens + token) * slots + slot) * heads * width + head * width + d
  }
  var c: ck_tokens {
    ck_tokens(
      data: buffer.start + slot * heads * width * buffer.type.size, batch: tokens * slots * heads * width,
      token: slots * heads * width, head: width)
  }
  subscript(_ sample: Int, _ token: Int, _ head: Int, _ d: Int) -> Double { buffer[index(sample, token, head, d)] }
}

/// The operands of a case, its results, and what they should be.
private struct Run {
  let shape: Case
  var problem: ck_attention_problem
  let (q, k, v, out, g): (Tokens, Tokens, Tokens, Tokens, Tokens)
  let (dq, dk, dv): (Tokens, Tokens, Tokens)
  let logSums: Numbers

  init(_ shape: Case, _ lengths: UnsafePointer<Int32>?) {
    self.shape = shape
    func tokens(_ count: Int, _ seed: UInt64?, _ buffer: Numbers? = nil, slot: Int = 0) -> Tokens {
      let slots = buffer == nil ? 1 : 3
      let size = shape.batch * count * shape.heads * shape.width
      return Tokens(
        buffer: buffer
          ?? Numbers(shape.element, seed.map { noise(size, seed: $0) } ?? [Double](repeating: 7, count: size)),
        tokens: count, slots: slots, slot: buffer == nil ? 0 : slot, heads: shape.heads, width: shape.width)
    }
    let size = shape.batch * shape.queries * 3 * shape.heads * shape.width
    let packed = shape.fused ? Numbers(shape.element, noise(size, seed: 11)) : nil
    let packedGradient = shape.fused ? Numbers(shape.element, [Double](repeating: 7, count: size)) : nil
    q = tokens(shape.queries, 1, packed, slot: 0)
    k = tokens(shape.keys, 2, packed, slot: 1)
    v = tokens(shape.keys, 3, packed, slot: 2)
    out = tokens(shape.queries, nil)
    g = tokens(shape.queries, 4)
    dq = tokens(shape.queries, nil, packedGradient, slot: 0)
    dk = tokens(shape.keys, nil, packedGradient, slot: 1)
    dv = tokens(shape.keys, nil, packedGradient, slot: 2)
    logSums = Numbers(zeros: shape.batch * shape.heads * shape.queries)
    problem = ck_attention_problem(
      element: shape.element, batch: shape.batch, heads: shape.heads, queries: shape.queries, keys: shape.keys,
      width: shape.width, scale: 0.3, causal: shape.causal ? 1 : 0, lengths: lengths, q: q.c, k: k.c, v: v.c,
      out: out.c, log_sums: logSums.floats, g: g.c, dq: dq.c, dk: dk.c, dv: dv.c)
  }

  /// The first disagreement with plain loops, for a message.
  func mismatch() -> String? {
    let scale = Double(Float(0.3))
    var expected = [[Double]](repeating: [], count: 4)
    let tensors = [out, dq, dk, dv]
    for (i, t) in tensors.enumerated() { expected[i] = [Double](repeating: 0, count: t.buffer.count) }
    for b in 0..<shape.batch {
      for h in 0..<shape.heads {
        for i in 0..<shape.queries {
          let keys = shape.seen(b, i)
          let row = (b * shape.heads + h) * shape.queries + i
          guard keys > 0 else {
            if logSums[row] != -.infinity { return "a log sum of nothing is \(logSums[row])" }
            continue
          }
          let scores = (0..<keys).map { j in
            scale * (0..<shape.width).reduce(0) { $0 + q[b, i, h, $1] * k[b, j, h, $1] }
          }
          let top = scores.max() ?? 0
          let total = scores.reduce(0) { $0 + exp($1 - top) }
          if !agree(logSums[row], top + log(total), shape.logSumTolerance, scale: 1) {
            return "log sum \(logSums[row])"
          }
          let p = scores.map { exp($0 - top) / total }
          let o = (0..<shape.width).map { d in (0..<keys).reduce(0) { $0 + p[$1] * v[b, $1, h, d] } }
          for d in 0..<shape.width { expected[0][out.index(b, i, h, d)] = o[d] }
          let dp = (0..<keys).map { j in (0..<shape.width).reduce(0) { $0 + g[b, i, h, $1] * v[b, j, h, $1] } }
          let delta = (0..<shape.width).reduce(0) { $0 + g[b, i, h, $1] * o[$1] }
          for j in 0..<keys {
            let ds = p[j] * (dp[j] - delta) * scale
            for d in 0..<shape.width {
              expected[1][dq.index(b, i, h, d)] += ds * k[b, j, h, d]
              expected[2][dk.index(b, j, h, d)] += ds * q[b, i, h, d]
              expected[3][dv.index(b, j, h, d)] += p[j] * g[b, i, h, d]
            }
          }
        }
      }
    }
    for (name, (tensor, expected)) in zip(["out", "dq", "dk", "dv"], zip(tensors, expected)) {
      guard tensor.buffer.isIntact else { return "\(name) wrote past its end" }
      let size = expected.map(abs).max() ?? 0
      for b in 0..<shape.batch {
        for t in 0..<tensor.tokens {
          for h in 0..<shape.heads {
            for d in 0..<shape.width {
              let (got, want) = (tensor[b, t, h, d], expected[tensor.index(b, t, h, d)])
              if !agree(got, want, shape.tolerance, scale: max(size, 2)) {
                return "\(name)[\(b), \(t), \(h), \(d)] is \(got), not \(want)"
              }
            }
          }
        }
      }
    }
    return nil
  }
}

private func disagreement(_ shape: Case, _ kernels: AttentionKernels) -> String? {
  func run(_ lengths: UnsafePointer<Int32>?) -> String? {
    let run = Run(shape, lengths)
    kernels.forward(run.problem)
    kernels.backward(run.problem)
    return run.mismatch().map { "\(shape.description): \($0)" }
  }
  return shape.lengths.map { $0.withUnsafeBufferPointer { run($0.baseAddress) } } ?? run(nil)
}

@Suite struct AttentionKernelTests {
  @Test(arguments: levels) func agreesWithPlainLoops(level: ck_level) {
    let kernels = AttentionKernels(level: level)
    for element in [CK_F32, CK_BF16] {
      for width in [1, 7, 16, 31, 64] {
        for tokens in [1, 2, 3, 7, 15, 17, 33, 65] where width * tokens <= 2100 || width == 64 {
          for causal in [false, true] {
            let shape = Case(
              queries: tokens, keys: tokens, width: width, causal: causal, fused: tokens % 2 == 1, element: element)
            #expect(disagreement(shape, kernels) == nil)
          }
        }
      }
    }
  }

  @Test(arguments: levels) func queriesAndKeysMayDiffer(level: ck_level) {
    let kernels = AttentionKernels(level: level)
    for element in [CK_F32, CK_BF16] {
      for (queries, keys) in [(1, 50), (17, 3), (81, 5), (5, 197), (33, 1), (0, 3), (3, 0), (163, 30)] {
        let shape = Case(queries: queries, keys: keys, width: 24, element: element)
        #expect(disagreement(shape, kernels) == nil)
      }
    }
  }

  @Test(arguments: levels) func paddedKeysAreNotSeen(level: ck_level) {
    let kernels = AttentionKernels(level: level)
    for element in [CK_F32, CK_BF16] {
      for causal in [false, true] {
        for tokens in [1, 16, 33, 77] {
          let lengths: [Int32] = [0, 1, Int32(tokens), Int32(tokens / 2), Int32(tokens - 1), 1000]
          let shape = Case(
            batch: 6, queries: tokens, keys: tokens, width: 32, causal: causal, lengths: lengths, fused: true,
            element: element)
          #expect(disagreement(shape, kernels) == nil)
        }
      }
    }
  }

  @Test(arguments: levels) func longSequencesAreWorkedOnInBlocks(level: ck_level) {
    let kernels = AttentionKernels(level: level)
    for element in [CK_F32, CK_BF16] {
      for causal in [false, true] {
        for (queries, keys, width) in [(197, 197, 16), (3, 1100, 32), (530, 530, 8), (85, 85, 128)]
        where !causal || queries == keys {
          let shape = Case(
            batch: 1, heads: 1, queries: queries, keys: keys, width: width, causal: causal, element: element)
          #expect(disagreement(shape, kernels) == nil)
        }
      }
    }
  }

  @Test(arguments: levels, [false, true]) func strangeNumbersStayInTheirRow(level: ck_level, causal: Bool) {
    let kernels = AttentionKernels(level: level)
    for element in [CK_F32, CK_BF16] {
      let shape = Case(batch: 1, heads: 1, queries: 20, keys: 20, width: 16, causal: causal, element: element)
      let run = Run(shape, nil)
      run.q.buffer[3 * 16 + 5] = .nan
      // Scores far apart: only the largest counts, and nothing overflows.
      for d in 0..<16 { run.q.buffer[7 * 16 + d] = 1e18 * run.k[0, 4, 0, d] }
      run.g.buffer[7 * 16] = Double(Float.leastNonzeroMagnitude)
      kernels.forward(run.problem)
      let best = (0..<shape.seen(0, 7)).max { a, b in
        func score(_ j: Int) -> Double { (0..<16).reduce(0) { $0 + run.q[0, 7, 0, $1] * run.k[0, j, 0, $1] } }
        return score(a) < score(b)
      }
      for i in 0..<20 {
        let row = (0..<16).map { run.out[0, i, 0, $0] }
        #expect(row.allSatisfy { $0.isNaN == (i == 3) }, "row \(i): \(row)")
        if i == 7, let best { #expect(row == (0..<16).map { run.v[0, best, 0, $0] }) }
      }
    }
  }

  @Test func bitsDoNotDependOnThreads() {
    for element in [CK_F32, CK_BF16] {
      for causal in [false, true] {
        #expect(
          sameBits {
            let run = Run(
              Case(batch: 3, heads: 5, queries: 65, keys: 65, width: 32, causal: causal, element: element), nil)
            AttentionKernels.best.forward(run.problem)
            AttentionKernels.best.backward(run.problem)
            return [run.out.buffer, run.dq.buffer, run.dk.buffer, run.dv.buffer, run.logSums]
          })
      }
    }
  }
}
