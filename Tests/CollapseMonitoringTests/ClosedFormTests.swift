import CollapseMonitoring
import Glibc
import Tensors
import TestSupport
import Testing

/// Metrics where the answer is known without computing it.
@Suite struct ClosedFormTests {
  private func gaussian(_ count: Int, _ width: Int, seed: UInt64 = 1) -> [Float] {
    var generator = Generator(seed: seed)
    return (0..<count * width).map { _ in generator.normal() }
  }

  private func sample(_ values: [Float], _ count: Int) -> EmbeddingSample {
    EmbeddingSample("x", Tensor(values, [count, values.count / count]), limit: 4096)
  }

  @Test func anIsotropicGaussianUsesAllDimensions() {
    let z = sample(gaussian(4000, 16), 4000)
    let spectrum = Spectrum(z)
    #expect(abs(spectrum.rankMe - 16) < 0.05)
    #expect(abs(spectrum.participationRatio - 16) < 0.2)
    #expect(abs(spectrum.alphaReQ ?? 1) < 0.1)
    #expect(abs(Spread(z).mean - 1) < 0.02 && Spread(z).deadShare == 0)
    #expect(abs(Uniformity(z).meanCosine) < 0.02)
    // E exp(−4 + 4 cos) with cos of variance 1/16 and small higher moments.
    #expect(abs(Uniformity(z).uniformity - (-4 + 16 / 32.0)) < 0.06)
  }

  @Test(arguments: [(300, 20, 3), (30, 64, 5), (64, 64, 1)])
  func aSubspaceHasItsDimension(count: Int, width: Int, dimensions: Int) {
    let inner = gaussian(count, dimensions)
    let directions = gaussian(dimensions, width, seed: 2)
    let values = (0..<count).flatMap { row in
      (0..<width).map { column in
        (0..<dimensions).reduce(Float(0)) { $0 + inner[row * dimensions + $1] * directions[$1 * width + column] }
      }
    }
    let spectrum = Spectrum(sample(values, count))
    #expect(spectrum.rankMe <= Double(dimensions) + 0.01)
    #expect(spectrum.participationRatio <= Double(dimensions) + 1e-6)
    #expect(spectrum.covariance.count { $0 > 1e-9 * spectrum.covariance[0] } == dimensions)
    if dimensions == 1 { #expect(abs(spectrum.rankMe - 1) < 0.01) }
  }

  @Test func aPointHasNoDimension() {
    let z = sample((0..<50).flatMap { _ in [Float(0.5), -2, 1, 3] }, 50)
    let spectrum = Spectrum(z)
    #expect(abs(spectrum.rankMe - 1) < 1e-4)
    #expect(spectrum.participationRatio < 1.5 && (spectrum.covariance.first ?? 1) < 1e-12)
    #expect(Spread(z).mean < 1e-6 && Spread(z).deadShare == 1)
    #expect(abs(Uniformity(z).meanCosine - 1) < 1e-6 && abs(Uniformity(z).uniformity) < 1e-6)
    let zeros = sample([Float](repeating: 0, count: 40), 10)
    #expect(Spectrum(zeros).rankMe == 0 && Spectrum(zeros).participationRatio == 0 && Spectrum(zeros).alphaReQ == nil)
    #expect(Spread(zeros).mean == 0 && Uniformity(zeros).meanCosine == 0)
  }

  @Test func aPowerLawHasItsSlope() {
    for slope in [0.5, 1, 2] {
      let spectrum = Spectrum(covariance: (1...100).map { pow(Double($0), -slope) })
      expectClose([spectrum.alphaReQ ?? 0], [slope], 1e-9, "slope")
    }
  }

  @Test func eigenvaluesOfKnownMatrices() {
    // −1, 2, −1 along the diagonals: 2 − 2 cos(kπ / (n + 1)).
    for order in [1, 2, 3, 17, 100] {
      var matrix = SymmetricMatrix(order: order, [Double](repeating: 0, count: order * order))
      for i in 0..<order {
        matrix[i, i] = 2
        if i > 0 { (matrix[i, i - 1], matrix[i - 1, i]) = (-1, -1) }
      }
      let expected = (1...order).map { 2 - 2 * cos(Double($0) * .pi / Double(order + 1)) }.sorted(by: >)
      expectClose(matrix.eigenvalues, expected, 1e-13, "order \(order)")
      // All ones: n once, 0 otherwise.
      let ones = SymmetricMatrix(order: order, [Double](repeating: 1, count: order * order)).eigenvalues
      expectClose(ones, [Double(order)] + [Double](repeating: 0, count: order - 1), 1e-12, "ones \(order)")
    }
    #expect(SymmetricMatrix(order: 0, []).eigenvalues.isEmpty)
    #expect(SymmetricMatrix(order: 2, [1, .nan, .nan, 1]).eigenvalues.isEmpty)
    let huge = SymmetricMatrix(order: 2, [1e150, 0, 0, 1e-150]).eigenvalues
    #expect(huge == [1e150, 1e-150])
  }

  @Test func equalPairsAgree() {
    let values = gaussian(40, 6)
    let x = sample(values, 40)
    let agreement = PairAgreement(x, x)
    #expect(abs(agreement.alignment) < 1e-12 && agreement.gap == 0 && agreement.margin > 0)
    let opposite = PairAgreement(x, sample(values.map { -$0 }, 40))
    expectClose([opposite.alignment], [4], 1e-9, "opposite pairs")
    let (left, right) = (sample([1, 0, 1, 0], 2), sample([0, 1, 0, 1], 2))
    expectClose([PairAgreement(left, right).gap], [Double(2).squareRoot()], 1e-12, "gap of two points")
    #expect(PairAgreement(left, left).margin == 0)
  }

  /// Views that do not differ: Σ_w = δ I, and what is left is the rank of the means' covariance.
  @Test func lidarOfEqualViewsIsTheRankOfTheMeans() throws {
    let x = sample(gaussian(100, 8), 100)
    let eigenvalues = Spectrum(x).covariance
    let shares = eigenvalues.map { $0 / eigenvalues.reduce(0, +) }
    expectClose([try #require(lidar(x, x))], [exp(-shares.reduce(0) { $0 + $1 * log($1) })], 1e-4, "equal views")
    // Views that have nothing in common tell no pictures apart, but noise does so in all dimensions.
    #expect(try #require(lidar(x, sample(gaussian(100, 8, seed: 7), 100))) > 6)
    #expect(lidar(x, sample([Float](repeating: .nan, count: 800), 100)) == nil)
  }

  @Test func agreementIsACosine() {
    let x = Tensor([0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0], [3, 4])
    expectClose([predictionAgreement(x, target: x * 2)], [1], 1e-9, "the same")
    expectClose([predictionAgreement(x, target: x * -1)], [-1], 1e-9, "opposite")
  }

  @Test func reconstructions() {
    let targets = Tensor(gaussian(200, 12), [10, 20, 12])
    #expect(ReconstructionQuality(predictions: targets, targets: targets).relativeError == 0)
    expectClose([ReconstructionQuality(predictions: targets, targets: targets).relativeVariance], [1], 1e-9, "perfect")
    let means = targets.mean(axis: -1).reshaped([10, 20, 1]).expanded(to: [10, 20, 12])
    expectClose([ReconstructionQuality(predictions: means, targets: targets).relativeError], [1], 1e-6, "patch means")
    let constant = ReconstructionQuality(predictions: Tensor.zeros([10, 20, 12]), targets: targets)
    #expect(constant.relativeVariance == 0 && constant.relativeError > 1)
  }

  @Test func principalComponentsFindTheLargestDirections() {
    // Standard deviations 3, 2 and 0.1 along the axes; fewer rows than dimensions, and more.
    for (count, width) in [(400, 5), (40, 90)] {
      var values = gaussian(count, width).map { $0 * 0.1 }
      let strong = gaussian(count, 2, seed: 5)
      for row in 0..<count {
        values[row * width] = strong[row * 2] * 3
        values[row * width + 1] = strong[row * 2 + 1] * 2
      }
      let rows = Rows(count: count, width: width, values.map(Double.init))
      let components = PrincipalComponents(of: rows, components: 2)
      let spectrum = Spectrum(EmbeddingSample("x", rows)).covariance
      expectClose(components.variances, Array(spectrum.prefix(2)), 1e-6, "variances")
      for c in 0..<2 {
        let variance = components.coordinates.reduce(0) { $0 + $1[c] * $1[c] } / Double(count)
        expectClose([variance], [components.variances[c]], 1e-6, "places along \(c)")
      }
    }
    let point = PrincipalComponents(of: Rows(count: 3, width: 2, [1, 2, 1, 2, 1, 2]), components: 2)
    #expect(point.coordinates == [[0, 0], [0, 0], [0, 0]])
  }

  @Test func samplesAreBoundedAndKeepPairsTogether() {
    let tensor = Tensor((0..<100).map(Float.init), [100, 1])
    #expect(EmbeddingSample("x", tensor, limit: 4).rows.values == [0, 25, 50, 75])
    #expect(EmbeddingSample("x", tensor, limit: 1000).count == 100)
  }
}
