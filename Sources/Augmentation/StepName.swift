import Images

/// The stations' names in a pipeline's line.
enum StepName: String, CaseIterable {
  case decode
  case randomCrop = "random_crop"
  case resize
  case centerCrop = "center_crop"
  case flip
  case flipVertically = "flip_vertically"
  case quarterTurns = "quarter_turns"
  case jitter
  case gray
  case blur
  case solarize
  case normalize

  /// The station with these arguments.
  func step(_ arguments: inout Arguments) throws(PipelineError) -> Step {
    switch self {
    case .decode: return .decode
    case .randomCrop:
      var crop = Step.RandomCrop(size: try arguments.size())
      if let scale = try arguments.range("scale", in: 0.0001...1) { crop.scale = scale }
      if let ratio = try arguments.range("ratio", in: 0.01...100) { crop.ratio = ratio }
      if let filter = try arguments.choice("filter", of: ResizeFilter.self) { crop.filter = filter }
      return .randomCrop(crop)
    case .resize:
      let size = try arguments.size()
      return .resize(size, try arguments.choice("filter", of: ResizeFilter.self) ?? .bilinear)
    case .centerCrop: return .centerCrop(try arguments.size())
    case .flip: return .flip(p: try arguments.number("p", in: 0...1, leads: true) ?? 0.5)
    case .flipVertically: return .flipVertically(p: try arguments.number("p", in: 0...1, leads: true) ?? 0.5)
    case .quarterTurns: return .quarterTurns(p: try arguments.number("p", in: 0...1, leads: true) ?? 1)
    case .jitter: return .jitter(try jitter(&arguments))
    case .gray: return .gray(p: try arguments.number("p", in: 0...1, leads: true) ?? 0.2)
    case .blur:
      var blur = Step.Blur()
      blur.p = try arguments.number("p", in: 0...1, leads: true) ?? 1
      if let sigma = try arguments.range("sigma", in: 0.01...100) { blur.sigma = sigma }
      // An even kernel has no middle: the next odd one.
      blur.kernel = try arguments.integer("kernel", in: 1...255).map { $0 | 1 }
      return .blur(blur)
    case .solarize:
      let p = try arguments.number("p", in: 0...1, leads: true) ?? 1
      return .solarize(p: p, threshold: try arguments.integer("threshold", in: 0...256) ?? 128)
    case .normalize:
      return .normalize(try Step.Statistics(&arguments))
    }
  }

  /// A leading number is the strength of brightness, contrast and saturation alike.
  private func jitter(_ arguments: inout Arguments) throws(PipelineError) -> Step.Jitter {
    var jitter = Step.Jitter()
    let strength = try arguments.number("strength", in: 0...10, leads: true) ?? 0
    jitter.brightness = try arguments.number("brightness", in: 0...10) ?? strength
    jitter.contrast = try arguments.number("contrast", in: 0...10) ?? strength
    jitter.saturation = try arguments.number("saturation", in: 0...10) ?? strength
    jitter.hue = try arguments.number("hue", in: 0...0.5) ?? 0
    jitter.p = try arguments.number("p", in: 0...1) ?? 1
    return jitter
  }
}
