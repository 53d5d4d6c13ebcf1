import CKernels

/// Fused attention on all threads of the current pool, a head of a sample at a time.
package struct AttentionKernels: Sendable {
  private let level: ck_level

  /// The best level that this CPU has.
  package static let best = AttentionKernels(level: ck_best_level())

  /// The kernels of one level; tests run them all.
  package init(level: ck_level) { self.level = level }

  /// out = softmax(scale · q kᵀ) v, and the logs of the sums of exponentials for the backward pass.
  package func forward(_ problem: ck_attention_problem) {
    run(problem, backward: false)
  }

  /// dq, dk and dv from g, the gradient of out.
  package func backward(_ problem: ck_attention_problem) {
    run(problem, backward: true)
  }

  private func run(_ problem: ck_attention_problem, backward: Bool) {
    guard problem.width <= CK_ATTENTION_MAX_WIDTH, problem.scale >= 0 else {
      fatalError(
        "attention: heads of width \(problem.width), scale \(problem.scale): at most \(CK_ATTENTION_MAX_WIDTH) and not negative"
      )
    }
    guard let kernels = ck_attention_for(level, problem.element) else { fatalError("attention: no kernels") }
    profiled(
      "attention", detail: problem.detail(backward: backward), precision: problem.element == CK_BF16 ? .bf16 : .fp32,
      work: problem.work(backward: backward)
    ) {
      run(problem, kernels, backward: backward)
    }
  }

  private func run(_ problem: ck_attention_problem, _ kernels: UnsafePointer<ck_attention>, backward: Bool) {
    nonisolated(unsafe) let problem = problem
    let pairs = problem.batch * problem.heads
    // A few heads to a chunk: while one is computed, the tokens of the next come into the cache.
    let work = max(1, problem.queries * problem.keys * problem.width)
    parallelFor(pairs, grain: min(max(4, (1 << 21) / work), max(1, pairs / 16))) { range in
      withUnsafePointer(to: problem) { problem in
        let bytes = kernels.pointee.scratch_bytes(problem, backward ? 1 : 0)
        ScratchPool.shared.with(bytes: bytes) { scratch in
          if backward {
            kernels.pointee.backward(problem, range.lowerBound, range.upperBound, scratch)
          } else {
            kernels.pointee.forward(problem, range.lowerBound, range.upperBound, scratch)
          }
        }
      }
    }
  }
}

extension ck_attention_problem {
  fileprivate func detail(backward: Bool) -> String {
    "\(backward ? "backward" : "forward") \(batch * heads) heads, \(queries)×\(keys)×\(width)\(causal != 0 ? ", causal" : "")"
  }

  /// Two products of queries × keys × width forward and five backward, half of that where it is causal.
  fileprivate func work(backward: Bool) -> KernelWork {
    let product = 2 * Double(batch * heads) * Double(queries) * Double(keys) * Double(width) / (causal != 0 ? 2 : 1)
    let numbers = batch * heads * width * (backward ? 4 * (queries + keys) : 2 * (queries + keys))
    return KernelWork(operations: product * (backward ? 5 : 2), bytes: numbers * element.size)
  }
}
