import CKernels

extension Kernels {
  /// y = (x − mean) / √(variance + epsilon) · gamma + beta for each row; gamma and beta default to 1 and 0.
  package func layerNorm(
    _ x: Elements, gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?, epsilon: Float, _ y: MutableElements,
    mean: UnsafeMutablePointer<Float>, rstd: UnsafeMutablePointer<Float>, rows: Int, n: Int
  ) {
    let stream = Self.streams(rows * n, y)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (x.type.size + y.type.size)) { r in
      let (x, y, i) = (x + r.lowerBound * n, y + r.lowerBound * n, r.lowerBound)
      c.layer_norm(x.type, x.start, gamma, beta, epsilon, y.type, y.start, mean + i, rstd + i, r.count, n, stream)
    }
  }

  /// dx = residual + the gradient (the residual has dx's type, and may be dx itself), and the gradients of gamma and
  /// beta where there is room for them: both or neither.
  package func layerNormBackward(
    g: Elements, x: Elements, gamma: UnsafePointer<Float>?, mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>,
    residual: UnsafeRawPointer?, dx: MutableElements,
    sums: (gamma: UnsafeMutablePointer<Float>, beta: UnsafeMutablePointer<Float>)?, rows: Int, n: Int
  ) {
    let stream = Self.streams(rows * n, dx)
    let outputs = sums.map { [$0.gamma, $0.beta] } ?? []
    overRowBlocks(
      rows: rows, n: n, sums: outputs, moves: rows * n * (g.type.size + x.type.size + dx.type.size)
    ) { r, partial in
      let (first, i) = (r.lowerBound * n, r.lowerBound)
      let (g, x, dx) = (g + first, x + first, dx + first)
      c.layer_norm_backward(
        g.type, g.start, x.type, x.start, gamma, mean + i, rstd + i, dx.type,
        residual.map { $0 + first * dx.type.size }, dx.start, outputs.isEmpty ? nil : partial,
        outputs.isEmpty ? nil : partial + n, r.count, n, stream)
    }
  }

  /// y = x / max(‖x‖, epsilon) for each row; `inverse` keeps the factors.
  package func l2Normalize(
    _ x: Elements, epsilon: Float, _ y: MutableElements, inverse: UnsafeMutablePointer<Float>, rows: Int, n: Int
  ) {
    let stream = Self.streams(rows * n, y)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (x.type.size + y.type.size)) { r in
      let (x, y) = (x + r.lowerBound * n, y + r.lowerBound * n)
      c.l2_normalize(x.type, x.start, epsilon, y.type, y.start, inverse + r.lowerBound, r.count, n, stream)
    }
  }

  /// dx = (g − y (g · y)) / ‖x‖.
  package func l2NormalizeBackward(
    g: Elements, y: Elements, inverse: UnsafePointer<Float>, epsilon: Float, dx: MutableElements, rows: Int, n: Int
  ) {
    let stream = Self.streams(rows * n, dx)
    loop(rows, grain: Self.rowGrain(n), moves: rows * n * (g.type.size + y.type.size + dx.type.size)) { r in
      let (g, y, dx) = (g + r.lowerBound * n, y + r.lowerBound * n, dx + r.lowerBound * n)
      c.l2_normalize_backward(
        g.type, g.start, y.type, y.start, inverse + r.lowerBound, epsilon, dx.type, dx.start, r.count, n, stream)
    }
  }

  /// Mean and biased variance of each channel of x [rows, channels], accurate also where the mean is large.
  package func channelMoments(
    _ x: Elements, mean: UnsafeMutablePointer<Float>, variance: UnsafeMutablePointer<Float>, rows: Int, channels: Int
  ) {
    let grain = Self.sumGrain(channels)
    let blocks = max(1, (rows + grain - 1) / grain)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, 2 * blocks * channels)) { partial in
      guard let means = partial.baseAddress else { return }
      let m2s = means + blocks * channels
      loop(rows, grain: grain, moves: rows * channels * x.type.size) { r in
        let x = x + r.lowerBound * channels
        let block = r.lowerBound / grain * channels
        c.channel_moments(x.type, x.start, means + block, m2s + block, r.count, channels)
      }
      c.merge_moments(means, m2s, grain, rows, channels, mean, variance)
    }
  }

  /// y = (x − mean) · rstd · gamma + beta, plus the residual, then max(0, ·): each but the first two where asked for.
  package func channelNorm(
    _ x: Elements, mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>, gamma: UnsafePointer<Float>?,
    beta: UnsafePointer<Float>?, residual: Elements?, relu: Bool, _ y: MutableElements, rows: Int, channels: Int
  ) {
    let stream = Self.streams(rows * channels, y)
    loop(
      rows, grain: Self.rowGrain(channels),
      moves: rows * channels * (x.type.size + y.type.size + (residual?.type.size ?? 0))
    ) { r in
      let first = r.lowerBound * channels
      let (x, y, residual) = (x + first, y + first, residual.map { $0 + first })
      c.channel_norm(
        x.type, x.start, mean, rstd, gamma, beta, residual?.type ?? CK_F32, residual?.start, relu ? 1 : 0, y.type,
        y.start, r.count, channels, stream)
    }
  }

  /// The sums over all rows of g′ and g′ x̂: the gradients of beta and gamma.
  package func channelNormSums(
    g: Elements, x: Elements, relu: Rectifier?, mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>,
    gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?, sumG: UnsafeMutablePointer<Float>,
    sumGX: UnsafeMutablePointer<Float>, rows: Int, channels: Int
  ) {
    let y = relu?.output
    overRowBlocks(
      rows: rows, n: channels, sums: [sumG, sumGX],
      moves: rows * channels * (g.type.size + x.type.size + (y?.type.size ?? 0))
    ) { r, partial in
      let first = r.lowerBound * channels
      let (g, x, y) = (g + first, x + first, y.map { $0 + first })
      c.channel_norm_sums(
        g.type, g.start, x.type, x.start, relu == nil ? 0 : 1, y?.type ?? CK_F32, y?.start, mean, rstd, gamma, beta,
        partial, partial + channels, r.count, channels)
    }
  }

  /// dx = gamma · rstd · (g′ − mean g′ − x̂ mean g′x̂), and g′ itself into `residual` (of dx's type) where there is one.
  /// Without `means` the statistics were constants.
  package func channelNormBackward(
    g: Elements, x: Elements, relu: Rectifier?, mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>,
    gamma: UnsafePointer<Float>?, beta: UnsafePointer<Float>?,
    means: (g: UnsafePointer<Float>, gx: UnsafePointer<Float>)?, dx: MutableElements,
    residual: UnsafeMutableRawPointer?,
    rows: Int, channels: Int
  ) {
    let stream = Self.streams(rows * channels, dx)
    let y = relu?.output
    let residualSize = residual == nil ? 0 : dx.type.size
    loop(
      rows, grain: Self.rowGrain(channels),
      moves: rows * channels * (g.type.size + x.type.size + dx.type.size + (y?.type.size ?? 0) + residualSize)
    ) { r in
      let first = r.lowerBound * channels
      let (g, x, y, dx) = (g + first, x + first, y.map { $0 + first }, dx + first)
      c.channel_norm_backward(
        g.type, g.start, x.type, x.start, relu == nil ? 0 : 1, y?.type ?? CK_F32, y?.start, mean, rstd, gamma, beta,
        means?.g, means?.gx, dx.type, dx.start, residual.map { $0 + first * dx.type.size }, r.count, channels, stream)
    }
  }

  /// How the gradient of a batch norm that ends with max(0, ·) sees what was let through.
  package enum Rectifier {
    /// By the output, which was kept.
    case kept(Elements)
    /// By the input: nothing was added before the rectifier.
    case remade

    fileprivate var output: Elements? {
      if case .kept(let output) = self { output } else { nil }
    }
  }
}
