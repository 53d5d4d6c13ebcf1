import CKernels

/// The gradient of the weights: products of what each output saw with the gradient of what it gave, summed over all
/// outputs.
extension Convolution {
  /// How the work is cut into pieces for workers: by the shape alone, so that the number of threads decides nothing.
  private struct GradientPlan {
    /// Panels of what was seen, taps × channels wide in all.
    let seenPanels: Int, seenBlock: Int
    /// Panels of what was given, as wide as the register tile takes them.
    let givenPanels: Int, givenBlock: Int
    /// Each part has so many rows and sums of its own, which are added up in the end.
    let parts: Int, partRows: Int

    var sums: Int { seenPanels * seenBlock * givenPanels * givenBlock }

    /// Workers that there should be work for.
    private static let pieces = 16
    /// Bytes that the sums of all parts may take.
    private static let sumBytes = 12 << 20

    init(columns: Int, rows: Int, givenPanels: Int, givenBlock: Int) {
      seenPanels = ceilDivide(columns, Int(CK_CONV_SEEN_COLUMNS))
      seenBlock = ceilDivide(columns, seenPanels)
      (self.givenPanels, self.givenBlock) = (givenPanels, givenBlock)
      let bytes = 4 * seenPanels * seenBlock * givenPanels * givenBlock
      let stretch = Int(CK_CONV_OUTER_ROWS)
      let most = min(ceilDivide(Self.pieces, seenPanels), max(2, Self.sumBytes / bytes), ceilDivide(rows, 4 * stretch))
      partRows = ceilDivide(rows, most * stretch) * stretch
      parts = ceilDivide(rows, partRows)
    }
  }

  func panelWeightGradient(
    _ group: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer, weightGradient: UnsafeMutablePointer<Float>
  ) {
    let channels = shape.groupChannels
    let outChannels = shape.groupOutChannels
    let columns = shape.taps * channels
    let givenBlock = block(outChannels)
    let plan = GradientPlan(
      columns: columns, rows: ceilDivide(shape.batch * shape.outHeight * shape.outWidth, perWord),
      givenPanels: ceilDivide(outChannels, givenBlock), givenBlock: givenBlock)
    let bytes =
      ScratchArena.size(Float.self, plan.parts * plan.sums)
      + ScratchArena.size(Float.self, max(channels, outChannels)) + 2 * ScratchArena.size(Int32.self, shape.taps)
    ScratchArena.borrow(bytes: bytes) { arena in
      let sums = arena.take(Float.self, plan.parts * plan.sums)
      let zeros = arena.zeros(max(channels, outChannels))
      let (tapY, tapX) = takeTaps(&arena)
      var seen = rowsOfInput(input.advanced(type, group * channels), tapY, tapX, zeros)
      seen.channels = Int64(channels)
      seen.block = Int64(plan.seenBlock)
      var given = seen
      given.in = outputGradient.advanced(type, group * outChannels)
      given.in_h = given.grid_h
      given.in_w = given.grid_w
      given.in_pixel = Int64(shape.outChannels)
      given.channels = Int64(outChannels)
      given.step_h = 1
      given.step_w = 1
      given.taps = 0
      given.block = Int64(plan.givenBlock)
      sum(ck_conv_gradient(seen: seen, given: given, part_rows: Int64(plan.partRows), sums: sums), plan)
      let target = ck_conv_unpack(
        sums: sums, a_block: Int64(plan.seenBlock), b_block: Int64(plan.givenBlock), a_blocks: Int64(plan.seenPanels),
        b_blocks: Int64(plan.givenPanels), weights: weightGradient + group * outChannels * columns,
        out_channels: Int64(outChannels), out_stride: Int64(columns), channels: Int64(channels),
        taps: Int64(shape.taps))
      unpack(target, kernels.unpack)
    }
  }

  /// The sums of all parts, added up in the first one's place.
  private func sum(_ job: ck_conv_gradient, _ plan: GradientPlan) {
    let scratch = Int(CK_CONV_OUTER_ROWS) * (plan.seenBlock + plan.givenPanels * plan.givenBlock)
    withUnsafePointer(to: job) { job in
      parallelFor(plan.parts * plan.seenPanels, grain: 1) { range in
        ScratchArena.borrow(bytes: ScratchArena.size(Float.self, scratch)) { arena in
          let packed = arena.take(Float.self, scratch)
          for i in range {
            kernels.weight_gradient(job, Int64(i / plan.seenPanels), Int64(i % plan.seenPanels), packed)
          }
        }
      }
    }
    guard plan.parts > 1, let sums = job.sums else { return }
    parallelFor(plan.sums, grain: 1 << 14) { range in
      for part in 1..<plan.parts {
        let more = sums + part * plan.sums
        for i in range { sums[i] += more[i] }
      }
    }
  }

  private func takeTaps(_ arena: inout ScratchArena) -> (UnsafePointer<Int32>, UnsafePointer<Int32>) {
    let tapY = arena.take(Int32.self, shape.taps)
    let tapX = arena.take(Int32.self, shape.taps)
    for t in 0..<shape.taps {
      tapY[t] = Int32(t / shape.kernelWidth - shape.padding)
      tapX[t] = Int32(t % shape.kernelWidth - shape.padding)
    }
    return (UnsafePointer(tapY), UnsafePointer(tapX))
  }

  private func rowsOfInput(
    _ input: UnsafeRawPointer, _ tapY: UnsafePointer<Int32>, _ tapX: UnsafePointer<Int32>,
    _ zeros: UnsafePointer<Float>
  ) -> ck_conv_rows {
    ck_conv_rows(
      type: type.kernelType, in: input, in_h: Int64(shape.inHeight), in_w: Int64(shape.inWidth),
      in_pixel: Int64(shape.inChannels), channels: Int64(shape.inChannels), grid_h: Int64(shape.outHeight),
      grid_w: Int64(shape.outWidth), step_h: Int64(shape.stride), step_w: Int64(shape.stride), taps: Int64(shape.taps),
      tap_y: tapY, tap_x: tapX, positions: Int64(shape.batch * shape.outHeight * shape.outWidth), block: 0,
      zeros: zeros)
  }

  /// Every block of every plane of A's columns × B's columns.
  func multiply(_ job: ck_conv_outer, planes: Int) {
    let (down, across) = (Int(job.a_blocks), Int(job.b_blocks))
    withUnsafePointer(to: job) { job in
      parallelFor(planes * down * across, grain: 1) { range in
        for i in range {
          kernels.outer(job, Int64(i / (down * across)), Int64(i / across % down), Int64(i % across))
        }
      }
    }
  }

  /// Every block of the sums, on its way to the weights' order.
  func unpack(
    _ target: ck_conv_unpack, _ body: @convention(c) (UnsafePointer<ck_conv_unpack>?, Int64, Int64) -> Void
  ) {
    let down = Int(target.a_blocks)
    withUnsafePointer(to: target) { target in
      parallelFor(down * Int(target.pointee.b_blocks), grain: 1) { range in
        for i in range { body(target, Int64(i % down), Int64(i / down)) }
      }
    }
  }

  func depthwiseWeightGradient(
    input: UnsafeRawPointer, outputGradient: UnsafeRawPointer, weightGradient: UnsafeMutablePointer<Float>
  ) {
    let channels = shape.inChannels
    let count = shape.taps * channels
    let bytes = ScratchArena.size(Float.self, count) + 2 * ScratchArena.size(Int32.self, shape.taps)
    ScratchArena.borrow(bytes: bytes) { arena in
      let sums = arena.take(Float.self, count)
      let (tapY, tapX) = takeTaps(&arena)
      withUnsafePointer(to: rowsOfInput(input, tapY, tapX, sums)) { rows in
        sumInParts(count: shape.batch, grain: max(1, ceilDivide(shape.batch, 16)), width: count, into: sums) {
          images, sums in
          kernels.depthwise_weights(rows, outputGradient, Int64(images.lowerBound), Int64(images.count), sums)
        }
      }
      for c in 0..<channels {
        for t in 0..<shape.taps { weightGradient[c * shape.taps + t] = sums[t * channels + c] }
      }
    }
  }
}
