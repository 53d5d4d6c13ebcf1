import Images
import Tensors

/// The stations that one view of a picture passes, one line of text:
///
///     decode|random_crop(224, scale: 0.08...1)|flip|jitter(0.8, hue: 0.2, p: 0.8)|gray(0.2)|blur(p: 0.5)|normalize(imagenet)
public struct Pipeline: Sendable, Hashable {
  /// The stations in order.
  public let steps: [Step]

  /// The stations in order; `decode` can only be the first and `normalize` the last.
  public init(_ steps: [Step]) {
    self.steps = steps
  }

  /// The picture after all stations but the normalization.
  ///
  /// Each station has its own part of the generator: one that draws more than before leaves the others as they are.
  public func callAsFunction(_ image: Image, _ generator: Generator) -> Image {
    var image = image
    for (i, step) in steps.enumerated() {
      image = step.apply(image, generator.split(into: i))
    }
    return image
  }

  /// What the last station does to the pixels; to [0, 1] if there is none.
  public var normalization: Normalization {
    if case .normalize(let statistics) = steps.last { statistics.normalization } else { .unit }
  }
}

/// The views of a picture that an objective compares: one pipeline each.
///
/// Groups of views are joined by `+` and repeated by `N *`; multi-crop (Caron et al., "Unsupervised learning of visual
/// features by contrasting cluster assignments", 2020) with two global and six local views is
///
///     2 * random_crop(224, scale: 0.4...1)|flip + 6 * random_crop(96, scale: 0.05...0.4)|flip
public struct Views: Sendable, Hashable {
  /// One pipeline a view.
  public let pipelines: [Pipeline]

  /// One pipeline a view, at least one.
  public init(_ pipelines: [Pipeline]) {
    self.pipelines = pipelines
  }

  /// All views of one picture, in order.
  ///
  /// `generator`: that of the picture: `Generator(seed, epoch, index)`. View v draws from its part v.
  public func callAsFunction(_ image: Image, _ generator: Generator) -> [Image] {
    pipelines.enumerated().map { view, pipeline in pipeline(image, generator.split(into: view)) }
  }
}
