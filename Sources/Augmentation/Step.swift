import Images

/// One station of a pipeline, with its parameters as they are written.
public enum Step: Sendable, Hashable {
  /// From a file's bytes to pixels; nothing for a picture that is already decoded.
  case decode
  /// Inception's crop: a random part of the area with a random shape, resized to a square.
  case randomCrop(RandomCrop)
  /// The shorter side gets this length.
  case resize(Int, ResizeFilter)
  /// The square in the middle, padded with black where the picture is smaller.
  case centerCrop(Int)
  /// Left and right swapped.
  case flip(p: Double)
  /// Top and bottom swapped.
  case flipVertically(p: Double)
  /// Turned by none, one, two or three quarters, all equally likely, with probability p.
  case quarterTurns(p: Double)
  /// Brightness, contrast, saturation and hue in random order.
  case jitter(Jitter)
  /// Without colour.
  case gray(p: Double)
  /// Gaussian blur.
  case blur(Blur)
  /// Bright pixels inverted.
  case solarize(p: Double, threshold: Int)
  /// To floating point; always the last.
  case normalize(Statistics)

  /// The parameters of ``Step/randomCrop(_:)``.
  public struct RandomCrop: Sendable, Hashable {
    /// The side of the result.
    public var size: Int
    /// The part of the picture's area.
    public var scale: ClosedRange<Double> = 0.08...1
    /// Width over height of the part.
    public var ratio: ClosedRange<Double> = 0.75...4.0 / 3
    /// How it is resized.
    public var filter = ResizeFilter.bilinear

    /// torchvision's defaults.
    public init(size: Int) { self.size = size }
  }

  /// The parameters of ``Step/jitter(_:)``: factors are drawn from 1 ± strength, the turn of the hue from ± hue.
  public struct Jitter: Sendable, Hashable {
    /// The strength of each.
    public var brightness = 0.0, contrast = 0.0, saturation = 0.0, hue = 0.0
    /// How often it happens.
    public var p = 1.0

    /// No change at all.
    public init() {}
  }

  /// The parameters of ``Step/blur(_:)``.
  public struct Blur: Sendable, Hashable {
    /// How often it happens.
    public var p = 1.0
    /// The width of the bell in pixels.
    public var sigma: ClosedRange<Double> = 0.1...2
    /// The odd width of the kernel; a tenth of the picture's shorter side, as SimCLR has it, where it is not given.
    public var kernel: Int?

    /// SimCLR's parameters.
    public init() {}
  }
}
