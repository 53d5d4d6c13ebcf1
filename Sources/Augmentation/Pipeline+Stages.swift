import Images
import Tensors

extension Pipeline {
  /// The stations that have something to see, with what each makes of the picture that the one before gave it.
  public func stages(of picture: Image, _ generator: Generator) -> [(step: Step, result: Image)] {
    var picture = picture
    return steps.enumerated().filter { $0.element.changesPixels }.map { i, step in
      picture = step.apply(picture, generator.split(into: i))
      return (step, picture)
    }
  }
}

extension Step {
  /// Whether there is something to see; only the first and the last station have nothing.
  public var changesPixels: Bool {
    switch self {
    case .decode, .normalize: false
    default: true
    }
  }

  /// The station without its doubt: it always happens.
  public var certain: Step {
    switch self {
    case .flip: return .flip(p: 1)
    case .flipVertically: return .flipVertically(p: 1)
    case .quarterTurns: return .quarterTurns(p: 1)
    case .gray: return .gray(p: 1)
    case .solarize(_, let threshold): return .solarize(p: 1, threshold: threshold)
    case .jitter(var jitter):
      jitter.p = 1
      return .jitter(jitter)
    case .blur(var blur):
      blur.p = 1
      return .blur(blur)
    case .decode, .randomCrop, .resize, .centerCrop, .normalize: return self
    }
  }
}
