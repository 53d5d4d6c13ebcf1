import Glibc
import Tensors

/// Which patches the encoder sees and which it has to guess.
public struct PatchMask: Sendable, Hashable {
  /// The patches that are seen, in rising order.
  public let visible: [Int]
  /// The patches that are hidden, in rising order.
  public let hidden: [Int]

  /// Hides these patches of `count`.
  public init(hiding hidden: some Sequence<Int>, of count: Int) {
    var isHidden = [Bool](repeating: false, count: count)
    for patch in hidden { isHidden[patch] = true }
    self.hidden = isHidden.indices.filter { isHidden[$0] }
    visible = isHidden.indices.filter { !isHidden[$0] }
  }

  /// The number of all patches.
  public var count: Int { visible.count + hidden.count }

  /// How many of `count` patches stay visible: rounded down, as in the masked autoencoder's code, but 0.1 of 100 is 10.
  public static func visibleCount(of count: Int, hiding ratio: Double) -> Int {
    guard (0...1).contains(ratio) else { fatalError("PatchMask: a ratio of \(ratio) is not between 0 and 1") }
    return Int(Double(count) * (1 - ratio) + 1e-9)
  }
}

/// How patches are chosen for hiding.
public enum MaskKind: String, Sendable, CaseIterable {
  /// Each set of patches is as likely as any other. He et al., "Masked autoencoders are scalable vision learners", 2021.
  case random
  /// Rectangles until enough is hidden. Bao et al., "BEiT", 2021, algorithm 1.
  case blocks
  /// As evenly as the ratio allows: of 75 %, three of each 2 × 2 patches.
  case grid

  /// A mask with exactly the ratio's number of hidden patches.
  public func mask(rows: Int, columns: Int, ratio: Double, _ generator: inout Generator) -> PatchMask {
    let count = rows * columns
    let hidden = count - PatchMask.visibleCount(of: count, hiding: ratio)
    switch self {
    case .random: return PatchMask(hiding: generator.permutation(count).prefix(hidden), of: count)
    case .blocks: return blocks(rows: rows, columns: columns, hidden: hidden, &generator)
    case .grid: return grid(rows: rows, columns: columns, hidden: hidden, &generator)
    }
  }

  private func blocks(rows: Int, columns: Int, hidden: Int, _ generator: inout Generator) -> PatchMask {
    var isHidden = [Bool](repeating: false, count: rows * columns)
    var left = hidden
    while left > 0 {
      // At least 16 patches, at most what is left; sides between 0.3 : 1 and 1 : 0.3.
      let area = generator.uniform(in: Double(min(16, left))...Double(left))
      let shape = exp(generator.uniform(in: log(0.3)...log(1 / 0.3)))
      let height = min(rows, max(1, Int((area * shape).squareRoot().rounded())))
      let width = min(columns, max(1, Int((area / shape).squareRoot().rounded())))
      let top = generator.below(rows - height + 1)
      let start = generator.below(columns - width + 1)
      // The last block loses rows, or ends within one, where it would hide too much.
      for row in top..<top + height {
        for column in start..<start + width where left > 0 && !isHidden[row * columns + column] {
          isHidden[row * columns + column] = true
          left -= 1
        }
      }
    }
    return PatchMask(hiding: isHidden.indices.filter { isHidden[$0] }, of: isHidden.count)
  }

  /// Patches in the order of a Bayer matrix, whose any first part is spread evenly; flipping bits of the coordinates
  /// keeps that and gives each patch the same chance.
  private func grid(rows: Int, columns: Int, hidden: Int, _ generator: inout Generator) -> PatchMask {
    let bits = Int.bitWidth - (max(rows, columns) - 1).leadingZeroBitCount
    let flipX = generator.below(1 << bits), flipY = generator.below(1 << bits)
    func rank(_ patch: Int) -> Int {
      let x = (patch % columns) ^ flipX, y = (patch / columns) ^ flipY
      // The lowest bits of the coordinates decide first.
      return (0..<bits).reduce(0) { rank, bit in
        rank << 2 | ((x ^ y) >> bit & 1) << 1 | (y >> bit & 1)
      }
    }
    let order = (0..<rows * columns).sorted { rank($0) < rank($1) }
    return PatchMask(hiding: order.suffix(hidden), of: order.count)
  }
}
