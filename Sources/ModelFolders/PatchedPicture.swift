import Patching

/// A picture's patches, some of them hidden: what can be said of the hidden ones without a model.
struct PatchedPicture {
  /// Mean and deviation of a patch.
  typealias Statistics = (mean: Float, deviation: Float)

  let patches: [Float]
  let mask: PatchMask
  private let grid: PatchGrid
  private let isVisible: [Bool]

  init(_ patches: [Float], _ mask: PatchMask, _ grid: PatchGrid) {
    self.patches = patches
    self.mask = mask
    self.grid = grid
    var isVisible = [Bool](repeating: false, count: grid.count)
    for patch in mask.visible { isVisible[patch] = true }
    self.isVisible = isVisible
  }

  /// Where a patch's numbers stand.
  func place(_ patch: Int) -> Range<Int> { patch * grid.patchLength..<(patch + 1) * grid.patchLength }

  /// The mean squared error on the hidden patches.
  func error(of guess: [Float], against truth: [Float]) -> Double {
    var sum = 0.0
    for patch in mask.hidden {
      for i in place(patch) { sum += Double(guess[i] - truth[i]) * Double(guess[i] - truth[i]) }
    }
    return sum / Double(max(1, mask.hidden.count * grid.patchLength))
  }

  /// Mean and deviation of each patch, as the training target has them: the variance is the unbiased one.
  var statistics: [Statistics] {
    (0..<grid.count).map { patch in
      let own = patches[place(patch)]
      let mean = own.reduce(0, +) / Float(own.count)
      let squares = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (mean, (squares / Float(max(1, own.count - 1)) + 1e-6).squareRoot())
    }
  }

  /// Patches relative to these statistics.
  func normalized(by statistics: [Statistics]) -> [Float] {
    patches.enumerated().map { i, value in
      let (mean, deviation) = statistics[i / grid.patchLength]
      return (value - mean) / deviation
    }
  }

  /// Pixels from guesses relative to these statistics.
  func restored(_ guess: [Float], by statistics: [Statistics]) -> [Float] {
    guess.enumerated().map { i, value in
      let (mean, deviation) = statistics[i / grid.patchLength]
      return value * deviation + mean
    }
  }

  /// The mean of the statistics of the nearest patches that are seen; of a picture of which nothing is seen, those of all
  /// pictures.
  func neighbourStatistics(of patch: Int, _ all: [Statistics]) -> Statistics {
    let near = neighbours(of: patch)
    guard !near.isEmpty else { return (0, 1) }
    let sum = near.reduce((0, 0)) { ($0.0 + all[$1].mean, $0.1 + all[$1].deviation) }
    return (sum.0 / Float(near.count), sum.1 / Float(near.count))
  }

  /// A patch of one colour: the mean of the nearest patches that are seen.
  func neighbourColour(of patch: Int) -> [Float] {
    let near = neighbours(of: patch)
    var colour = [Float](repeating: 0, count: grid.channels)
    for neighbour in near {
      for (i, value) in patches[place(neighbour)].enumerated() { colour[i % grid.channels] += value }
    }
    let pixels = Float(max(1, near.count * grid.patchLength / grid.channels))
    return (0..<grid.patchLength).map { colour[$0 % grid.channels] / pixels }
  }

  /// The patches that are seen in the smallest square around a patch that has any.
  private func neighbours(of patch: Int) -> [Int] {
    let (x, y) = (patch % grid.columns, patch / grid.columns)
    for radius in 1...max(1, grid.rows, grid.columns) {
      var near = [Int]()
      for row in max(0, y - radius)...min(grid.rows - 1, y + radius) {
        for column in max(0, x - radius)...min(grid.columns - 1, x + radius)
        where isVisible[row * grid.columns + column] {
          near.append(row * grid.columns + column)
        }
      }
      if !near.isEmpty { return near }
    }
    return []
  }
}
