import Images

/// Every value spelt out, in the form that is parsed.
extension Step: CustomStringConvertible {
  /// The station as it is written.
  public var description: String {
    switch self {
    case .decode: "\(StepName.decode.rawValue)"
    case .randomCrop(let crop):
      "\(StepName.randomCrop.rawValue)(\(crop.size), scale: \(text(crop.scale)), ratio: \(text(crop.ratio)), filter: \(crop.filter))"
    case .resize(let size, let filter): "\(StepName.resize.rawValue)(\(size), filter: \(filter))"
    case .centerCrop(let size): "\(StepName.centerCrop.rawValue)(\(size))"
    case .flip(let p): "\(StepName.flip.rawValue)(\(text(p)))"
    case .flipVertically(let p): "\(StepName.flipVertically.rawValue)(\(text(p)))"
    case .quarterTurns(let p): "\(StepName.quarterTurns.rawValue)(\(text(p)))"
    case .jitter(let jitter):
      "\(StepName.jitter.rawValue)(brightness: \(text(jitter.brightness)), contrast: \(text(jitter.contrast)), "
        + "saturation: \(text(jitter.saturation)), hue: \(text(jitter.hue)), p: \(text(jitter.p)))"
    case .gray(let p): "\(StepName.gray.rawValue)(\(text(p)))"
    case .blur(let blur):
      "\(StepName.blur.rawValue)(\(text(blur.p)), sigma: \(text(blur.sigma))"
        + (blur.kernel.map { ", kernel: \($0))" } ?? ")")
    case .solarize(let p, let threshold): "\(StepName.solarize.rawValue)(\(text(p)), threshold: \(threshold))"
    case .normalize(let statistics): "\(StepName.normalize.rawValue)(\(statistics))"
    }
  }
}

extension Pipeline: CustomStringConvertible {
  /// The line that gives this pipeline when parsed.
  public var description: String { steps.map(\.description).joined(separator: "|") }
}

extension Views: CustomStringConvertible {
  /// The line that gives these views when parsed; equal neighbours are written once.
  public var description: String {
    var groups = [(count: Int, pipeline: Pipeline)]()
    for pipeline in pipelines {
      if let last = groups.last, last.pipeline == pipeline {
        groups[groups.count - 1].count += 1
      } else {
        groups.append((1, pipeline))
      }
    }
    return groups.map { $0.count == 1 ? "\($0.pipeline)" : "\($0.count) * \($0.pipeline)" }.joined(separator: " + ")
  }
}

private func text(_ range: ClosedRange<Double>) -> String {
  "\(text(range.lowerBound))...\(text(range.upperBound))"
}
