import CKernels
@preconcurrency import Tensors
import Testing

/// Convolution against its definition, for every instruction set.
@Suite struct ConvolutionTests {
  static let shapes: [ConvolutionShape] = [
    shape(2, 5, 7, 3, 5, 3),
    shape(1, 9, 8, 17, 64, 3, padding: 1),
    shape(2, 12, 12, 64, 17, 3),
    shape(2, 4, 4, 64, 80, 3, padding: 1),
    shape(3, 8, 5, 20, 130, 3, padding: 3),
    shape(1, 4, 4, 520, 16, 3, padding: 1),
    shape(2, 17, 15, 32, 33, 3, padding: 1),
    shape(2, 11, 9, 64, 64, 3, stride: 2, padding: 1),
    shape(2, 10, 10, 5, 17, 3, stride: 2),
    shape(1, 13, 13, 17, 5, 5, stride: 3, padding: 1),
    shape(2, 9, 9, 1, 1, 7, stride: 2, padding: 3),
    shape(2, 8, 8, 64, 128, 1, stride: 2),
    shape(1, 7, 7, 17, 17, 1),
    shape(2, 7, 6, 3, 64, 2, stride: 2),
    shape(2, 7, 6, 64, 3, 2, padding: 1),
    shape(2, 9, 9, 16, 32, 3, padding: 1, groups: 4),
    shape(1, 8, 8, 15, 10, 3, stride: 2, padding: 1, groups: 5),
    shape(2, 6, 6, 4, 8, 3, padding: 1, groups: 4),
    shape(2, 9, 7, 17, 17, 3, padding: 1, groups: 17),
    shape(3, 9, 7, 64, 64, 5, stride: 2, padding: 3, groups: 64),
    shape(0, 8, 8, 16, 16, 3, padding: 1),
    shape(0, 8, 8, 5, 7, 3, stride: 2, padding: 1),
    shape(0, 8, 8, 6, 6, 3, padding: 1, groups: 6),
    shape(1, 1, 1, 64, 64, 1),
    shape(1, 3, 3, 5, 5, 3, stride: 3),
    shape(1, 7, 5, 4, 6, 1, stride: 3, padding: 1),
    shape(2, 18, 32, 3, 64, 3, padding: 1),
    shape(1, 2, 2, 64, 64, 3, padding: 1),
    shape(1, 5, 5, 600, 70, 1),
    shape(1, 6, 6, 300, 70, 3, stride: 2, padding: 1),
    ConvolutionShape(
      batch: 2, height: 1, width: 9, inChannels: 3, outChannels: 8, kernelHeight: 1, kernelWidth: 5),
    ConvolutionShape(
      batch: 1, height: 9, width: 6, inChannels: 18, outChannels: 20, kernelHeight: 5, kernelWidth: 2, stride: 2,
      padding: 1),
  ]

  @Test(arguments: shapes) func agreesWithItsDefinition(_ shape: ConvolutionShape) {
    var draws = Draws(shape.weightCount)
    let weights = draws.array(shape.weightCount)
    let bias = draws.array(shape.outChannels)
    let input = draws.array(shape.inCount)
    let gradient = draws.array(shape.outCount)
    let reference = ConvReference(shape: shape)
    let output = reference.forward(input.map(Double.init), weights, bias)
    let inputGradient = reference.inputGradient(gradient.map(Double.init), weights)
    let weightGradient = reference.weightGradient(input.map(Double.init), gradient.map(Double.init))
    var biasGradient = [Double](repeating: 0, count: shape.outChannels)
    for (i, g) in gradient.enumerated() { biasGradient[i % shape.outChannels] += Double(g) }

    for level in levelsHere {
      for type in ActivationType.allCases {
        for algorithm in [Convolution.Algorithm.automatic, .direct] {
          let convolution = Convolution(shape, type, algorithm: algorithm, level: level)
          let run = ConvolutionRun(convolution, input, weights, bias, gradient)
          // bf16 results are rounded to 8 bits; fp32 sums differ by what F(4×4, 3×3) loses, at most.
          let stored = type == .bfloat16 ? 0.004 : 0
          let summed = algorithm == .direct ? 2e-6 : 1e-5
          let place = "\(ck_level_name(level).map { String(cString: $0) } ?? "") \(type) \(algorithm)"
          #expect(relativeError(run.output.doubles, output) <= stored + summed, "output, \(place)")
          #expect(
            relativeError(run.inputGradient.doubles, inputGradient) <= stored + summed, "input gradient, \(place)")
          #expect(relativeError(run.weightGradient.map(Double.init), weightGradient) <= summed, "weights, \(place)")
          #expect(relativeError(run.biasGradient.map(Double.init), biasGradient) <= 2e-6, "bias, \(place)")
        }
      }
    }
  }

  @Test func withoutABias() {
    let shape = Self.shape(1, 6, 6, 20, 19, 3, stride: 1, padding: 1)
    var draws = Draws(3)
    let (input, weights) = (draws.array(shape.inCount), draws.array(shape.weightCount))
    let expected = ConvReference(shape: shape).forward(input.map(Double.init), weights, nil)
    for algorithm in [Convolution.Algorithm.automatic, .direct] {
      let output = ConvolutionRun.forward(Convolution(shape, .float32, algorithm: algorithm), input, weights, nil)
      #expect(relativeError(output.doubles, expected) <= 1e-5)
    }
  }

  /// The error of Winograd's way for the deepest layer of ResNet-18: 4,608 products an output.
  @Test func winogradIsAsExactAsPromised() {
    let shape = Self.shape(2, 4, 4, 512, 64, 3, padding: 1)
    var draws = Draws(5)
    // Inputs after a ReLU; weights with more bits than bf16 has.
    let input = draws.array(shape.inCount).map { max(0, $0) }
    let weights = draws.array(shape.weightCount).map { $0 * 0.017_321 }
    let expected = ConvReference(shape: shape).forward(input.map(Double.init), weights, nil)
    let output = ConvolutionRun.forward(Convolution(shape, .float32), input, weights, nil)
    let scale = (expected.reduce(0) { $0 + $1 * $1 } / Double(expected.count)).squareRoot()
    let worst = zip(output.doubles, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 2e-5 * scale, "\(worst / scale)")
  }

  @Test(arguments: [
    shape(5, 16, 16, 24, 40, 3, padding: 1), shape(5, 16, 16, 24, 40, 3, stride: 2, padding: 1),
    shape(5, 16, 16, 24, 24, 3, padding: 1, groups: 24), shape(9, 33, 31, 3, 8, 7, stride: 2, padding: 3),
    shape(3, 8, 8, 130, 520, 3, padding: 1), shape(40, 12, 12, 520, 70, 1),
  ]) func sameBitsOnAnyNumberOfThreads(_ shape: ConvolutionShape) {
    var draws = Draws(7)
    let (weights, bias) = (draws.array(shape.weightCount), draws.array(shape.outChannels))
    let (input, gradient) = (draws.array(shape.inCount), draws.array(shape.outCount))
    for type in ActivationType.allCases {
      let runs = [1, 2, 5].map { threads in
        ThreadPool.$current.withValue(ThreadPool(threads: threads)) {
          ConvolutionRun(Convolution(shape, type), input, weights, bias, gradient)
        }
      }
      for run in runs.dropFirst() {
        for bits in [\ConvolutionRun.outputBits, \.inputGradientBits, \.weightGradientBits, \.biasGradientBits] {
          let same = run[keyPath: bits] == runs[0][keyPath: bits]
          #expect(same, "\(type) \(bits)")
        }
      }
    }
  }

  static func shape(
    _ batch: Int, _ height: Int, _ width: Int, _ inChannels: Int, _ outChannels: Int, _ kernel: Int, stride: Int = 1,
    padding: Int = 0, groups: Int = 1
  ) -> ConvolutionShape {
    ConvolutionShape(
      batch: batch, height: height, width: width, inChannels: inChannels, outChannels: outChannels,
      kernelHeight: kernel, kernelWidth: kernel, stride: stride, padding: padding, groups: groups)
  }
}

/// One convolution with all its gradients.
struct ConvolutionRun {
  let output: Pictures
  let inputGradient: Pictures
  let weightGradient: [Float]
  let biasGradient: [Float]

  init(_ convolution: Convolution, _ input: [Float], _ weights: [Float], _ bias: [Float], _ gradient: [Float]) {
    let (shape, type) = (convolution.shape, convolution.type)
    let inputs = Pictures(type, count: shape.inCount) { input[$0] }
    let gradients = Pictures(type, count: shape.outCount) { gradient[$0] }
    let inputGradient = Pictures(type, count: shape.inCount)
    var weightGradient = [Float](repeating: .nan, count: shape.weightCount)
    var biasGradient = [Float](repeating: .nan, count: shape.outChannels)
    output = Self.forward(convolution, input, weights, bias)
    gradients.with { dy in
      inputGradient.with { convolution.inputGradient(outputGradient: dy, weights: weights, inputGradient: $0) }
      inputs.with { convolution.weightGradient(input: $0, outputGradient: dy, weightGradient: &weightGradient) }
      convolution.biasGradient(outputGradient: dy, biasGradient: &biasGradient)
    }
    self.inputGradient = inputGradient
    self.weightGradient = weightGradient
    self.biasGradient = biasGradient
  }

  var outputBits: [UInt32] { output.bits }
  var inputGradientBits: [UInt32] { inputGradient.bits }
  var weightGradientBits: [UInt32] { weightGradient.map(\.bitPattern) }
  var biasGradientBits: [UInt32] { biasGradient.map(\.bitPattern) }

  static func forward(_ convolution: Convolution, _ input: [Float], _ weights: [Float], _ bias: [Float]?) -> Pictures {
    let inputs = Pictures(convolution.type, count: convolution.shape.inCount) { input[$0] }
    let output = Pictures(convolution.type, count: convolution.shape.outCount)
    inputs.with { x in
      output.with { y in
        if let bias {
          convolution.forward(input: x, weights: weights, bias: bias, output: y)
        } else {
          convolution.forward(input: x, weights: weights, bias: nil, output: y)
        }
      }
    }
    return output
  }
}
