import CKernels
@preconcurrency import Tensors
import Testing

/// Pooling against its definition, for every instruction set.
@Suite struct PoolingTests {
  static let shapes: [PoolingShape] = [
    shape(2, 8, 8, 64, 2, 2, 2), shape(2, 9, 7, 17, 3, 3, 2, padding: 1), shape(1, 5, 5, 3, 3, 2, 1),
    shape(1, 7, 9, 5, 2, 3, 3, padding: 1), shape(3, 1, 1, 1, 1, 1, 1), shape(2, 12, 12, 33, 5, 5, 3, padding: 2),
    shape(0, 4, 4, 8, 2, 2, 2), .global(batch: 3, height: 7, width: 5, channels: 19),
    .global(batch: 2, height: 4, width: 4, channels: 512),
  ]

  static func shape(
    _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernelHeight: Int, _ kernelWidth: Int, _ stride: Int,
    padding: Int = 0
  ) -> PoolingShape {
    PoolingShape(
      batch: batch, height: height, width: width, channels: channels, kernelHeight: kernelHeight,
      kernelWidth: kernelWidth, stride: stride, padding: padding)
  }

  /// The input indices under each output's window, in order.
  static func windows(_ s: PoolingShape) -> [[Int]] {
    (0..<s.outCount).map { o in
      let (pixel, c) = (o / s.channels, o % s.channels)
      let (n, oy, ox) = (pixel / (s.outHeight * s.outWidth), pixel / s.outWidth % s.outHeight, pixel % s.outWidth)
      return (0..<s.kernelHeight * s.kernelWidth).compactMap { k in
        let y = oy * s.stride + k / s.kernelWidth - s.padding
        let x = ox * s.stride + k % s.kernelWidth - s.padding
        guard y >= 0, y < s.inHeight, x >= 0, x < s.inWidth else { return nil }
        return ((n * s.inHeight + y) * s.inWidth + x) * s.channels + c
      }
    }
  }

  @Test(arguments: shapes) func maximum(_ shape: PoolingShape) {
    var draws = Draws(shape.inCount)
    var input = draws.array(shape.inCount)
    if input.count > 100 {
      input[40] = .nan
      input[77] = -.infinity
    }
    let gradient = draws.array(shape.outCount)
    let windows = Self.windows(shape)
    // The first NaN, else the first of the largest.
    let winners = windows.map { window in
      window.first { input[$0].isNaN } ?? window.reduce(window[0]) { input[$1] > input[$0] ? $1 : $0 }
    }
    var expected = [Double](repeating: 0, count: shape.inCount)
    for (o, i) in winners.enumerated() { expected[i] += Double(gradient[o]) }
    for level in levelsHere {
      for type in ActivationType.allCases {
        let pooling = Pooling(shape, type, level: level)
        let output = Pictures(type, count: shape.outCount)
        let inputGradient = Pictures(type, count: shape.inCount)
        var places = [UInt16](repeating: .max, count: shape.outCount)
        Pictures(type, count: shape.inCount) { input[$0] }.with { x in
          output.with { pooling.max(input: x, output: $0, places: &places) }
        }
        let right = (0..<shape.outCount).allSatisfy {
          output[$0] == input[winners[$0]] || output[$0].isNaN && input[winners[$0]].isNaN
        }
        #expect(right)
        Pictures(type, count: shape.outCount) { gradient[$0] }.with { dy in
          inputGradient.with { pooling.maxGradient(outputGradient: dy, places: places, inputGradient: $0) }
        }
        #expect(relativeError(inputGradient.doubles, expected) <= (type == .float32 ? 1e-6 : 0.004))
      }
    }
  }

  @Test(arguments: shapes) func average(_ shape: PoolingShape) {
    var draws = Draws(shape.inCount)
    let (input, gradient) = (draws.array(shape.inCount), draws.array(shape.outCount))
    let windows = Self.windows(shape)
    let size = Double(shape.kernelHeight * shape.kernelWidth)
    let expected = windows.map { $0.reduce(0) { $0 + Double(input[$1]) } / size }
    var expectedGradient = [Double](repeating: 0, count: shape.inCount)
    for (o, window) in windows.enumerated() {
      for i in window { expectedGradient[i] += Double(gradient[o]) / size }
    }
    for level in levelsHere {
      for type in ActivationType.allCases {
        let pooling = Pooling(shape, type, level: level)
        let output = Pictures(type, count: shape.outCount)
        let inputGradient = Pictures(type, count: shape.inCount)
        Pictures(type, count: shape.inCount) { input[$0] }.with { x in
          output.with { pooling.average(input: x, output: $0) }
        }
        Pictures(type, count: shape.outCount) { gradient[$0] }.with { dy in
          inputGradient.with { pooling.averageGradient(outputGradient: dy, inputGradient: $0) }
        }
        let tolerance = type == .float32 ? 1e-6 : 0.004
        #expect(relativeError(output.doubles, expected) <= tolerance)
        #expect(relativeError(inputGradient.doubles, expectedGradient) <= tolerance)
      }
    }
  }

  @Test func sameBitsOnAnyNumberOfThreads() {
    let shape = Self.shape(3, 21, 19, 70, 3, 3, 2, padding: 1)
    var draws = Draws(4)
    let input = draws.array(shape.inCount)
    let x = Pictures(.float32, count: shape.inCount) { input[$0] }
    let results = [1, 2, 5].map { threads in
      ThreadPool.$current.withValue(ThreadPool(threads: threads)) {
        let output = Pictures(.float32, count: shape.outCount)
        let back = Pictures(.float32, count: shape.inCount)
        let pooling = Pooling(shape, .float32)
        output.with { y in
          x.with { pooling.average(input: $0, output: y) }
          back.with { pooling.averageGradient(outputGradient: y, inputGradient: $0) }
        }
        return output.bits + back.bits
      }
    }
    let same = results[1] == results[0] && results[2] == results[0]
    #expect(same)
  }
}
