import CKernels

/// Convolution as a matrix product over taps × channels whose left side is read straight from the pictures.
extension Convolution {
  enum Pass { case forward, inputGradient }

  /// The taps that fill the output positions `offset`, `offset` + step, … of one axis, and where they read.
  ///
  /// Forward, position o reads o · stride − padding + k. The input gradient of pixel i gathers from the outputs o with
  /// o · stride + k = i + padding: for i = r + stride · q those are o = q + (r + padding − k) / stride, where that is
  /// whole. So every remainder r is a small convolution of stride 1 of its own.
  private struct AxisPhase {
    let offset: Int
    let positions: Int
    let taps: [(kernel: Int, read: Int)]

    static func all(_ pass: Pass, kernel: Int, size: Int, stride: Int, padding: Int) -> [AxisPhase] {
      switch pass {
      case .forward:
        return [AxisPhase(offset: 0, positions: size, taps: (0..<kernel).map { ($0, $0 - padding) })]
      case .inputGradient:
        return (0..<stride).map { remainder in
          let taps = (0..<kernel).filter { (remainder + padding - $0) % stride == 0 }
          return AxisPhase(
            offset: remainder, positions: max(0, ceilDivide(size - remainder, stride)),
            taps: taps.map { ($0, (remainder + padding - $0) / stride) })
        }
      }
    }
  }

  /// One phase of both axes: its taps as the kernels want them.
  private struct Phase {
    let high: AxisPhase
    let wide: AxisPhase
    var taps: Int { high.taps.count * wide.taps.count }
  }

  func implicitProduct(
    _ pass: Pass, _ group: Int, input: UnsafeRawPointer, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    output: UnsafeMutableRawPointer
  ) {
    let forward = pass == .forward
    let depthwise = shape.isDepthwise
    let (inChannels, outChannels) =
      forward ? (shape.inChannels, shape.outChannels) : (shape.outChannels, shape.inChannels)
    let channels = depthwise ? inChannels : inChannels / shape.groups
    let columns = depthwise ? outChannels : outChannels / shape.groups
    let (outHeight, outWidth) = forward ? (shape.outHeight, shape.outWidth) : (shape.inHeight, shape.inWidth)
    if shape.batch * outHeight * outWidth == 0 { return }

    let high = AxisPhase.all(
      pass, kernel: shape.kernelHeight, size: outHeight, stride: shape.stride, padding: shape.padding)
    let wide = AxisPhase.all(
      pass, kernel: shape.kernelWidth, size: outWidth, stride: shape.stride, padding: shape.padding)
    let phases = high.flatMap { h in wide.map { Phase(high: h, wide: $0) } }
    let width = block(columns)
    let panels = ceilDivide(columns, width)

    // Room for the packed weights, the taps' places, and zeros in place of pixels outside of the picture.
    func words(_ taps: Int) -> Int {
      depthwise ? taps * channels : panels * width * ceilDivide(taps * channels, perWord)
    }
    var bytes = ScratchArena.size(Float.self, channels) + ScratchArena.size(ck_conv_phase.self, phases.count)
    for phase in phases {
      bytes += 3 * ScratchArena.size(Int32.self, phase.taps) + ScratchArena.size(Float.self, words(phase.taps))
    }

    ScratchArena.borrow(bytes: bytes) { arena in
      let described = arena.take(ck_conv_phase.self, phases.count)
      for (i, phase) in phases.enumerated() {
        let tapY = arena.take(Int32.self, phase.taps)
        let tapX = arena.take(Int32.self, phase.taps)
        let places = arena.take(Int32.self, phase.taps)
        var t = 0
        for y in phase.high.taps {
          for x in phase.wide.taps {
            tapY[t] = Int32(y.read)
            tapX[t] = Int32(x.read)
            places[t] = Int32(y.kernel * shape.kernelWidth + x.kernel)
            t += 1
          }
        }
        let packed = arena.take(Float.self, words(phase.taps))
        if depthwise {
          for t in 0..<phase.taps {
            for c in 0..<channels { packed[t * channels + c] = weights[c * shape.taps + Int(places[t])] }
          }
        } else {
          let area = shape.taps
          let (outStride, inStride) = forward ? (shape.groupChannels * area, area) : (area, shape.groupChannels * area)
          let source = ck_conv_weights(
            type: type.kernelType, weights: weights + group * shape.groupOutChannels * shape.groupChannels * area,
            out_channels: Int64(columns), out_stride: Int64(outStride), channels: Int64(channels),
            channel_stride: Int64(inStride), taps: Int64(phase.taps), tap_offset: places, block: Int64(width))
          pack(source, panels: panels, words: words(phase.taps) / panels, to: packed)
        }
        described[i] = ck_conv_phase(
          grid_h: Int64(phase.high.positions), grid_w: Int64(phase.wide.positions), out_y: Int64(phase.high.offset),
          out_x: Int64(phase.wide.offset), taps: Int64(phase.taps), tap_y: tapY, tap_x: tapX, weights: packed)
      }
      let inStep = forward ? shape.stride : 1
      let outStep = forward ? 1 : shape.stride
      let gridHeight = high.map(\.positions).max() ?? 0
      let gridWidth = wide.map(\.positions).max() ?? 0
      let job = ck_conv_gemm(
        type: type.kernelType, batch: Int64(shape.batch), grid_h: Int64(gridHeight), grid_w: Int64(gridWidth),
        phases: Int64(phases.count), phase: described,
        in: input.advanced(type, group * channels),
        in_h: Int64(forward ? shape.inHeight : shape.outHeight), in_w: Int64(forward ? shape.inWidth : shape.outWidth),
        in_pixel: Int64(inChannels), in_step_h: Int64(inStep), in_step_w: Int64(inStep), channels: Int64(channels),
        out: output.advanced(type, group * columns), out_h: Int64(outHeight), out_w: Int64(outWidth),
        out_pixel: Int64(outChannels), out_step_h: Int64(outStep), out_step_w: Int64(outStep),
        out_channels: Int64(columns), bias: bias.map { $0 + group * columns }, block: Int64(width),
        zeros: arena.zeros(channels))
      run(job, positions: shape.batch * gridHeight * gridWidth, depthwise: depthwise)
    }
  }

  private func pack(_ source: ck_conv_weights, panels: Int, words: Int, to packed: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: source) { source in
      parallelFor(panels, grain: 1) { range in
        for panel in range { kernels.pack_weights(source, Int64(panel), packed + panel * words) }
      }
    }
  }

  private func run(_ job: ck_conv_gemm, positions: Int, depthwise: Bool) {
    // Small problems are cut finer, so that there is something for every thread.
    let grain = max(24, min(Int(CK_CONV_POSITIONS), ceilDivide(positions, 8)))
    withUnsafePointer(to: job) { job in
      let bytes = depthwise ? 0 : Int(kernels.gemm_scratch(job))
      parallelFor(positions, grain: grain) { range in
        if depthwise {
          kernels.depthwise(job, Int64(range.lowerBound), Int64(range.count))
        } else {
          ScratchArena.borrow(bytes: ScratchArena.size(UInt8.self, bytes)) { arena in
            kernels.gemm(job, Int64(range.lowerBound), Int64(range.count), arena.take(UInt8.self, bytes))
          }
        }
      }
    }
  }
}
