import CKernels
@preconcurrency import Tensors
import Testing

/// Where a NaN or an infinity in the input goes.
@Suite struct ConvolutionNonFiniteTests {
  static let shapes = [
    ConvolutionTests.shape(2, 9, 10, 17, 20, 3, padding: 1),
    ConvolutionTests.shape(2, 9, 10, 18, 20, 3, stride: 2, padding: 1),
    ConvolutionTests.shape(2, 9, 10, 3, 5, 2),
    ConvolutionTests.shape(1, 9, 10, 6, 6, 3, padding: 1, groups: 6),
    ConvolutionTests.shape(1, 9, 10, 6, 4, 3, padding: 1, groups: 2),
  ]

  /// Directly, it reaches the outputs that see it and no others; Winograd's way may spread it over a tile, but every
  /// output that should show it does.
  @Test(arguments: shapes, [Float.nan, .infinity, -.infinity])
  func reachesWhatSeesIt(_ shape: ConvolutionShape, _ bad: Float) {
    var draws = Draws(1)
    let weights = draws.array(shape.weightCount).map { $0 + 3 }
    let plain = draws.array(shape.inCount)
    for at in [0, shape.inCount / 2 + 1, shape.inCount - 1] {
      var input = plain
      input[at] = bad
      var seen = [Bool](repeating: false, count: shape.outCount)
      ConvReference(shape: shape).forEachProduct { i, _, o in if i == at { seen[o] = true } }
      for level in levelsHere {
        for type in ActivationType.allCases {
          for algorithm in [Convolution.Algorithm.automatic, .direct] {
            let output = ConvolutionRun.forward(
              Convolution(shape, type, algorithm: algorithm, level: level), input, weights, nil)
            let shown = (0..<shape.outCount).map { !output[$0].isFinite }
            let right = algorithm == .direct ? shown == seen : zip(shown, seen).allSatisfy { $0 || !$1 }
            #expect(right, "\(type) \(algorithm) at \(at)")
          }
        }
      }
    }
  }

  @Test(arguments: shapes) func gradientsKeepIt(_ shape: ConvolutionShape) {
    var draws = Draws(2)
    let (weights, bias) = (draws.array(shape.weightCount), draws.array(shape.outChannels))
    let input = draws.array(shape.inCount)
    var gradient = draws.array(shape.outCount)
    let at = shape.outCount / 2
    gradient[at] = .nan
    var inputs = [Bool](repeating: false, count: shape.inCount)
    var touched = [Bool](repeating: false, count: shape.weightCount)
    ConvReference(shape: shape).forEachProduct { i, w, o in
      if o == at { (inputs[i], touched[w]) = (true, true) }
    }
    for level in levelsHere {
      for type in ActivationType.allCases {
        let direct = ConvolutionRun(
          Convolution(shape, type, algorithm: .direct, level: level), input, weights, bias, gradient)
        let exact = (0..<shape.inCount).allSatisfy { direct.inputGradient[$0].isNaN == inputs[$0] }
        #expect(exact)
        let run = ConvolutionRun(Convolution(shape, type, level: level), input, weights, bias, gradient)
        let kept = (0..<shape.inCount).allSatisfy { run.inputGradient[$0].isNaN || !inputs[$0] }
        #expect(kept)
        for result in [run, direct] {
          let shown = zip(result.weightGradient, touched).allSatisfy { $0.isNaN || !$1 }
          #expect(shown)
          #expect(result.biasGradient[at % shape.outChannels].isNaN)
        }
      }
    }
  }
}
