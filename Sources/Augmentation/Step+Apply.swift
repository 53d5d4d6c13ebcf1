import Glibc
import Images
import Tensors

extension Step {
  /// The picture after this station. What is drawn depends on the generator alone, not on the picture.
  public func apply(_ image: Image, _ generator: Generator) -> Image {
    var generator = generator
    switch self {
    case .decode, .normalize: return image
    case .randomCrop(let crop):
      let region = crop.region(width: image.width, height: image.height, &generator)
      return image.resized(width: crop.size, height: crop.size, filter: crop.filter, from: region)
    case .resize(let size, let filter):
      let fit = Preprocessing(size: size, filter: filter)
      let (width, height) = fit.resizedSize(width: image.width, height: image.height)
      return image.resized(width: width, height: height, filter: filter)
    case .centerCrop(let size): return image.centerCropped(width: size, height: size)
    case .flip(let p): return generator.bernoulli(p) ? image.flippedHorizontally() : image
    case .flipVertically(let p): return generator.bernoulli(p) ? image.flippedVertically() : image
    case .quarterTurns(let p):
      return generator.bernoulli(p) ? image.rotated(quarterTurns: generator.below(4)) : image
    case .jitter(let jitter): return jitter.apply(image, &generator)
    case .gray(let p): return generator.bernoulli(p) ? image.changed { $0.makeGray() } : image
    case .blur(let blur): return blur.apply(image, &generator)
    case .solarize(let p, let threshold):
      return generator.bernoulli(p) ? image.changed { $0.solarize(threshold: threshold) } : image
    }
  }
}

extension Step.RandomCrop {
  /// A part with a random share of the area and a random shape that fits; after ten misses, the largest allowed shape in
  /// the middle. (Szegedy et al., "Going deeper with convolutions", 2015; the details are torchvision's.)
  func region(width: Int, height: Int, _ generator: inout Generator) -> Region {
    let area = Double(width * height)
    let logRatio = log(ratio.lowerBound)...log(ratio.upperBound)
    for _ in 0..<10 {
      let target = area * generator.uniform(in: scale)
      let shape = exp(generator.uniform(in: logRatio))
      let w = Int((target * shape).squareRoot().rounded(.toNearestOrEven))
      let h = Int((target / shape).squareRoot().rounded(.toNearestOrEven))
      if 0 < w, w <= width, 0 < h, h <= height {
        let y = generator.below(height - h + 1)
        return Region(x: generator.below(width - w + 1), y: y, width: w, height: h)
      }
    }
    let shape = Double(width) / Double(height)
    var (w, h) = (width, height)
    if shape < ratio.lowerBound {
      h = min(height, max(1, Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))))
    } else if shape > ratio.upperBound {
      w = min(width, max(1, Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))))
    }
    return Region(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
  }
}

extension Step.Jitter {
  private enum Change: CaseIterable { case brightness, contrast, saturation, hue }

  func apply(_ image: Image, _ generator: inout Generator) -> Image {
    guard generator.bernoulli(p) else { return image }
    var order = Change.allCases
    generator.shuffle(&order)
    // Drawn in a fixed order, whatever the order of the changes.
    let factors = [brightness, contrast, saturation].map { strength in
      Float(generator.uniform(in: max(0, 1 - strength)...1 + strength))
    }
    let turn = generator.uniform(in: -hue...hue)
    return image.changed { image in
      for change in order {
        switch change {
        case .brightness: if brightness > 0 { image.adjustBrightness(factors[0]) }
        case .contrast: if contrast > 0 { image.adjustContrast(factors[1]) }
        case .saturation: if saturation > 0 { image.adjustSaturation(factors[2]) }
        case .hue: if hue > 0 { image.adjustHue(turn) }
        }
      }
    }
  }
}

extension Step.Blur {
  func apply(_ image: Image, _ generator: inout Generator) -> Image {
    guard generator.bernoulli(p) else { return image }
    let width = kernel ?? max(3, min(image.width, image.height) / 10 | 1)
    return image.blurred(kernel: width, sigma: generator.uniform(in: sigma))
  }
}

extension Image {
  /// A copy after changes in place; no copy is made of a picture that nobody else holds.
  consuming func changed(_ change: (inout Image) -> Void) -> Image {
    var copy = self
    change(&copy)
    return copy
  }
}
