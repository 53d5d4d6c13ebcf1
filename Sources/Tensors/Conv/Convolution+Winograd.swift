import CKernels

/// 3×3 convolutions of stride 1 by Winograd's F(4×4, 3×3): tiles of the input go through a small transform, 36 matrix
/// products take the place of the convolution, and a second transform leads back to 4×4 outputs a tile.
extension Convolution {
  /// The transformed input of a run of tiles takes about this much: it should stay in the last-level cache.
  private static let runBytes = 4 << 20
  /// The sums of a weight gradient take at most this much at a time.
  private static let sumBytes = 20 << 20
  private static let tile = Int(CK_CONV_TILES)

  func winogradForward(
    input: UnsafeRawPointer, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    output: UnsafeMutableRawPointer
  ) {
    var job = winogradJob(shape.padding)
    job.in = input
    job.out = output
    job.bias = bias
    let rows = ck_conv_weights(
      type: CK_CONV_F32, weights: weights, out_channels: Int64(shape.outChannels),
      out_stride: Int64(9 * shape.inChannels), channels: Int64(shape.inChannels), channel_stride: 9, taps: 9,
      tap_offset: nil, block: job.out_block)
    winogradProduct(job, rows, tapOffsets: Array(0..<9))
  }

  /// The gradient of the input is a convolution of the output's gradient with the kernels turned by 180°.
  func winogradInputGradient(
    outputGradient: UnsafeRawPointer, weights: UnsafePointer<Float>, inputGradient: UnsafeMutableRawPointer
  ) {
    let (inBlock, outBlock) = (block(shape.outChannels), block(shape.inChannels))
    var job = winogradJob(2 - shape.padding)
    swap(&job.in_h, &job.out_h)
    swap(&job.in_w, &job.out_w)
    swap(&job.in_pixel, &job.out_pixel)
    swap(&job.channels, &job.out_channels)
    job.in_block = Int64(inBlock)
    job.out_block = Int64(outBlock)
    job.tiles_h = Int64(ceilDivide(shape.inHeight, 4))
    job.tiles_w = Int64(ceilDivide(shape.inWidth, 4))
    job.in = outputGradient
    job.out = inputGradient
    let columns = ck_conv_weights(
      type: CK_CONV_F32, weights: weights, out_channels: Int64(shape.inChannels), out_stride: 9,
      channels: Int64(shape.outChannels), channel_stride: Int64(9 * shape.inChannels), taps: 9, tap_offset: nil,
      block: job.out_block)
    winogradProduct(job, columns, tapOffsets: (0..<9).reversed())
  }

  /// The geometry of the forward pass; what depends on the run or the pass is left out.
  private func winogradJob(_ padding: Int) -> ck_conv_winograd {
    var job = ck_conv_winograd()
    job.type = type.kernelType
    job.batch = Int64(shape.batch)
    job.in_h = Int64(shape.inHeight)
    job.in_w = Int64(shape.inWidth)
    job.in_pixel = Int64(shape.inChannels)
    job.channels = job.in_pixel
    job.in_block = Int64(block(shape.inChannels))
    job.out_h = Int64(shape.outHeight)
    job.out_w = Int64(shape.outWidth)
    job.out_pixel = Int64(shape.outChannels)
    job.out_channels = job.out_pixel
    job.out_block = Int64(block(shape.outChannels))
    job.pad_h = Int64(padding)
    job.pad_w = Int64(padding)
    job.tiles_h = Int64(shape.tilesHigh)
    job.tiles_w = Int64(shape.tilesWide)
    return job
  }

  /// Planes lie an odd number of cache lines apart: at a power of two all 36 would fall on the same few cache sets.
  private func planeSize(_ floats: Int) -> Int { ceilDivide(floats, 64) * 64 + 48 }

  private func winogradProduct(_ geometry: ck_conv_winograd, _ source: ck_conv_weights, tapOffsets: [Int32]) {
    var job = geometry
    let inBlock = Int(job.in_block)
    let outBlock = Int(job.out_block)
    let depth = ceilDivide(Int(job.channels), inBlock) * inBlock
    let panels = ceilDivide(Int(job.out_channels), outBlock)
    let tiles = shape.batch * Int(job.tiles_h * job.tiles_w)
    if tiles == 0 { return }
    // Pieces in pairs: nine of them would leave one of two threads waiting for the other at the end of every run.
    let pair = 2 * Self.tile
    let run = min(tiles, max(Self.tile, Self.runBytes / (36 * 4 * depth) / pair * pair))
    let plane = planeSize(run * depth)
    let panelSize = 36 * depth * outBlock
    let channels = Int(max(job.channels, job.out_channels))
    let bytes =
      ScratchArena.size(Float.self, 36 * plane) + ScratchArena.size(Float.self, panels * panelSize)
      + ScratchArena.size(Float.self, channels) + ScratchArena.size(Int32.self, 9)
    ScratchArena.borrow(bytes: bytes) { arena in
      let transformed = arena.take(Float.self, 36 * plane)
      let weights = arena.take(Float.self, panels * panelSize)
      job.zeros = UnsafeRawPointer(arena.zeros(channels))
      let offsets = arena.take(Int32.self, 9)
      offsets.update(from: tapOffsets, count: 9)
      var source = source
      source.tap_offset = UnsafePointer(offsets)
      withUnsafePointer(to: source) { source in
        parallelFor(panels, grain: 1) { range in
          for panel in range {
            kernels.winograd_weights(source, Int64(inBlock), Int64(panel), weights + panel * panelSize)
          }
        }
      }
      job.weights = UnsafePointer(weights)
      job.transformed = transformed
      job.plane = Int64(plane)
      for first in stride(from: 0, to: tiles, by: run) {
        job.first_tile = Int64(first)
        job.tiles = Int64(min(run, tiles - first))
        winogradRun(job, panels: panels)
      }
    }
  }

  /// One run of tiles: in, products, out.
  private func winogradRun(_ job: ck_conv_winograd, panels: Int) {
    let tiles = Int(job.tiles)
    let pieces = ceilDivide(tiles, Self.tile)
    let scratch = Int(ck_conv_winograd_scratch(Int64(Self.tile), job.out_block))
    withUnsafePointer(to: job) { job in
      parallelFor(tiles, grain: 16) { range in
        kernels.winograd_in(job, Int64(range.lowerBound), Int64(range.count))
      }
      parallelFor(panels * pieces, grain: 1) { range in
        ScratchArena.borrow(bytes: ScratchArena.size(Float.self, scratch)) { arena in
          let sums = arena.take(Float.self, scratch)
          for i in range {
            let first = i % pieces * Self.tile
            kernels.winograd_out(job, Int64(first), Int64(min(Self.tile, tiles - first)), Int64(i / pieces), sums)
          }
        }
      }
    }
  }

  /// Transposed all through: dW = Gᵀ (Σ Bᵀx · A dy) G, the sum over all tiles.
  func winogradWeightGradient(
    input: UnsafeRawPointer, outputGradient: UnsafeRawPointer, weightGradient: UnsafeMutablePointer<Float>
  ) {
    var job = winogradJob(shape.padding)
    let (inBlock, outBlock) = (Int(job.in_block), Int(job.out_block))
    let inBlocks = ceilDivide(shape.inChannels, inBlock)
    let depth = inBlocks * inBlock
    // The sums of all output channels may be too many: take a slab of panels at a time.
    let allPanels = ceilDivide(shape.outChannels, outBlock)
    let slabPanels = min(allPanels, max(1, Self.sumBytes / (36 * 4 * depth * outBlock)))
    let slab = slabPanels * outBlock
    let tiles = shape.batch * shape.tilesHigh * shape.tilesWide
    let tileBytes = 36 * 4 * (depth + slab)
    let run = min(tiles, max(256, 2 * Self.runBytes / tileBytes / Self.tile * Self.tile))
    let (plane, gradientPlane) = (planeSize(run * depth), planeSize(run * slab))
    let channels = max(shape.inChannels, shape.outChannels)
    let bytes =
      ScratchArena.size(Float.self, 36 * plane) + ScratchArena.size(Float.self, 36 * gradientPlane)
      + ScratchArena.size(Float.self, 36 * depth * slab) + ScratchArena.size(Float.self, channels)
    ScratchArena.borrow(bytes: bytes) { arena in
      let transformed = arena.take(Float.self, 36 * plane)
      let gradient = arena.take(Float.self, 36 * gradientPlane)
      let sums = arena.take(Float.self, 36 * depth * slab)
      job.zeros = UnsafeRawPointer(arena.zeros(channels))
      job.in = input
      job.transformed = transformed
      job.plane = Int64(plane)
      job.gradient = gradient
      job.gradient_plane = Int64(gradientPlane)
      for firstPanel in stride(from: 0, to: allPanels, by: slabPanels) {
        let panels = min(slabPanels, allPanels - firstPanel)
        let firstOut = firstPanel * outBlock
        let outs = min(panels * outBlock, shape.outChannels - firstOut)
        // Only read through this pointer.
        job.out = UnsafeMutableRawPointer(mutating: outputGradient.advanced(type, firstOut))
        job.out_channels = Int64(outs)
        for first in stride(from: 0, to: tiles, by: run) {
          job.first_tile = Int64(first)
          job.tiles = Int64(min(run, tiles - first))
          withUnsafePointer(to: job) { job in
            parallelFor(Int(job.pointee.tiles), grain: 16) { range in
              kernels.winograd_in(job, Int64(range.lowerBound), Int64(range.count))
              kernels.winograd_gradient(job, Int64(range.lowerBound), Int64(range.count))
            }
          }
          multiply(
            ck_conv_outer(
              type: CK_CONV_F32, a: transformed, b: gradient, rows: job.tiles, a_block: job.in_block,
              b_block: job.out_block, a_blocks: Int64(inBlocks), b_blocks: Int64(panels), a_plane: job.plane,
              b_plane: job.gradient_plane, sums: sums, resume: first > 0 ? 1 : 0),
            planes: 36)
        }
        let target = ck_conv_unpack(
          sums: sums, a_block: job.in_block, b_block: job.out_block, a_blocks: Int64(inBlocks),
          b_blocks: Int64(panels), weights: weightGradient + firstOut * shape.inChannels * 9,
          out_channels: Int64(outs), out_stride: Int64(shape.inChannels * 9), channels: Int64(shape.inChannels),
          taps: 9)
        unpack(target, kernels.winograd_unpack)
      }
    }
  }
}
