import CKernels
import Glibc

/// How the pixels around a place make the new one, with Pillow's definitions. When shrinking, all of them are stretched
/// by the scale, which is what keeps out aliases.
public enum ResizeFilter: String, Sendable, CaseIterable {
  /// Equal weights.
  case box
  /// A triangle; torchvision's default.
  case bilinear
  /// Keys's cubic with a = −0.5; CLIP's choice.
  case bicubic
  /// A sinc under a sinc of three lobes; the sharpest.
  case lanczos

  /// Half the width of the curve, in source pixels when enlarging.
  var support: Double {
    switch self {
    case .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The curve.
  func weight(at x: Double) -> Double {
    let distance = abs(x)
    switch self {
    case .box: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return distance < 1 ? 1 - distance : 0
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      if distance < 2 { return (((distance - 5) * distance + 8) * distance - 4) * a }
      return 0
    case .lanczos: return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0
    }
  }

  private func sinc(_ x: Double) -> Double {
    x == 0 ? 1 : sin(x * Double.pi) / (x * Double.pi)
  }
}

/// For each place of the new row, the old places that it is made of and their weights.
struct ResizeWeights {
  private(set) var taps: [ck_taps] = []
  /// `stride` numbers a new place, in 22-bit fixed point.
  private(set) var weights: [Int32] = []
  let stride: Int

  /// The weights of the places in `window` of a row that is resized from `source` to `target` pixels.
  init(source: Int, target: Int, window: Range<Int>, filter: ResizeFilter) {
    // The same operations in the same order as in Pillow, for the same bits.
    let scale = Double(source) / Double(target)
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    stride = Int(support.rounded(.up)) * 2 + 1
    taps.reserveCapacity(window.count)
    weights.reserveCapacity(window.count * stride)
    for place in window {
      let center = (Double(place) + 0.5) * scale
      let first = max(0, Int(center - support + 0.5))
      let end = min(source, Int(center + support + 0.5))
      var curve = (first..<end).map { filter.weight(at: (Double($0) - center + 0.5) * (1 / stretch)) }
      let sum = curve.reduce(0, +)
      if sum != 0 { for i in curve.indices { curve[i] /= sum } }
      taps.append(ck_taps(first: Int32(first), count: Int32(curve.count)))
      for value in curve {
        let fixed = value * Double(1 << 22)
        weights.append(Int32(fixed < 0 ? fixed - 0.5 : fixed + 0.5))
      }
      weights.append(contentsOf: repeatElement(0, count: stride - curve.count))
    }
  }

  /// The old places that any new one is made of.
  var sources: Range<Int> {
    guard let first = taps.first, let last = taps.last else { return 0..<0 }
    return Int(first.first)..<Int(last.first + last.count)
  }

  /// Counts the old places from the first one that is used.
  mutating func rebase() {
    let start = Int32(sources.lowerBound)
    for i in taps.indices { taps[i].first -= start }
  }
}
