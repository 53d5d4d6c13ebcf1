import CKernels

/// The gradient of the weights: both factors are packed into panels for a run of pixels, and every block of the result
/// is summed by one worker over all pixels in order.
extension Convolution {
  /// Panels for one run of pixels take about this much: more than a second-level cache holds makes the packing wait for
  /// memory, but CPUs of AVX-512 come with many cores, which want few runs.
  private var runBytes: Int { kernels.lanes < 16 ? 2 << 20 : 12 << 20 }

  func panelWeightGradient(
    _ group: Int, input: UnsafeRawPointer, outputGradient: UnsafeRawPointer, weightGradient: UnsafeMutablePointer<Float>
  ) {
    let channels = shape.groupChannels
    let outChannels = shape.groupOutChannels
    let columns = shape.taps * channels
    // A's blocks may have any width: few columns, a first layer's, are one block without a margin.
    let aBlock = columns <= 2 * Int(kernels.panel) ? columns : block(columns)
    let bBlock = block(outChannels)
    let (aBlocks, bBlocks) = (ceilDivide(columns, aBlock), ceilDivide(outChannels, bBlock))
    let aWidth = aBlock * aBlocks
    let bWidth = bBlock * bBlocks
    let rowPositions = perWord
    let positions = shape.batch * shape.outHeight * shape.outWidth
    let allRows = ceilDivide(positions, rowPositions)
    let rows = min(allRows, max(96, runBytes / (4 * (aWidth + bWidth)) / 96 * 96))
    let bytes =
      ScratchArena.size(Float.self, rows * aWidth) + ScratchArena.size(Float.self, rows * bWidth)
      + ScratchArena.size(Float.self, aWidth * bWidth) + ScratchArena.size(Float.self, max(channels, outChannels))
      + 2 * ScratchArena.size(Int32.self, shape.taps) + ScratchArena.size(Int32.self, 1)
    ScratchArena.borrow(bytes: bytes) { arena in
      let a = arena.take(Float.self, rows * aWidth)
      let b = arena.take(Float.self, rows * bWidth)
      let sums = arena.take(Float.self, aWidth * bWidth)
      let zeros = arena.zeros(max(channels, outChannels))
      let (tapY, tapX) = takeTaps(&arena)
      let here = arena.take(Int32.self, 1)
      here[0] = 0
      for start in stride(from: 0, to: allRows, by: rows) {
        let some = min(rows, allRows - start)
        var seen = rowsOfInput(input.advanced(type, group * channels), tapY, tapX, zeros)
        seen.channels = Int64(channels)
        seen.first_position = Int64(start * rowPositions)
        seen.rows = Int64(some)
        seen.block = Int64(aBlock)
        seen.packed = UnsafeMutableRawPointer(a)
        var given = seen
        given.in = outputGradient.advanced(type, group * outChannels)
        given.in_h = given.grid_h
        given.in_w = given.grid_w
        given.in_pixel = Int64(shape.outChannels)
        given.channels = Int64(outChannels)
        given.step_h = 1
        given.step_w = 1
        given.taps = 1
        given.tap_y = UnsafePointer(here)
        given.tap_x = UnsafePointer(here)
        given.block = Int64(bBlock)
        given.packed = UnsafeMutableRawPointer(b)
        pack(seen, given, rows: some)
        multiply(
          ck_conv_outer(
            type: type.kernelType, a: a, b: b, rows: Int64(some), a_block: Int64(aBlock), b_block: Int64(bBlock),
            a_blocks: Int64(aBlocks), b_blocks: Int64(bBlocks), a_plane: 0, b_plane: 0, sums: sums,
            resume: start > 0 ? 1 : 0),
          planes: 1)
      }
      let target = ck_conv_unpack(
        sums: sums, a_block: Int64(aBlock), b_block: Int64(bBlock), a_blocks: Int64(aBlocks), b_blocks: Int64(bBlocks),
        weights: weightGradient + group * outChannels * columns, out_channels: Int64(outChannels),
        out_stride: Int64(columns), channels: Int64(channels), taps: Int64(shape.taps))
      unpack(target, kernels.unpack)
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
      tap_y: tapY, tap_x: tapX, first_position: 0, positions: Int64(shape.batch * shape.outHeight * shape.outWidth),
      rows: 0, block: 0, packed: nil, zeros: zeros)
  }

  private func pack(_ seen: ck_conv_rows, _ given: ck_conv_rows, rows: Int) {
    withUnsafePointer(to: seen) { seen in
      withUnsafePointer(to: given) { given in
        parallelFor(rows, grain: max(16, ceilDivide(rows, 16))) { range in
          kernels.pack_rows(seen, Int64(range.lowerBound), Int64(range.count))
          kernels.pack_rows(given, Int64(range.lowerBound), Int64(range.count))
        }
      }
    }
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
