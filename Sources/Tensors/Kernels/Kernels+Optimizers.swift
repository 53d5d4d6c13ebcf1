import CKernels

extension Kernels {
  /// One step of AdamW, in place.
  package func adamW(
    _ settings: ck_adamw, parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    m: UnsafeMutablePointer<Float>, v: UnsafeMutablePointer<Float>, count: Int
  ) {
    loop(count, grain: Self.grain, moves: 28 * count) { r in
      let i = r.lowerBound
      c.adamw(settings, parameters + i, gradients + i, m + i, v + i, r.count)
    }
  }

  /// One step of gradient descent with momentum, in place.
  package func sgd(
    _ settings: ck_sgd, parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>, count: Int
  ) {
    loop(count, grain: Self.grain, moves: 20 * count) { r in
      let i = r.lowerBound
      c.sgd(settings, parameters + i, gradients + i, velocity + i, r.count)
    }
  }
}
