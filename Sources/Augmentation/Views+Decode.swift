import Images
import Tensors

extension Views {
  /// All views of one picture file, in order.
  ///
  /// A large JPEG is decoded at a half, a quarter or an eighth where every view begins with a random crop that still has
  /// as many pixels as its result: other pixels than those of full decoding by some levels, for a fraction of the time.
  ///
  /// - `name`: the file's name, for errors.
  /// - `generator`: that of the picture: `Generator(seed, epoch, index)`. View v draws from its part v.
  public func callAsFunction(
    decoding bytes: [UInt8], name: String, options: DecodeOptions = DecodeOptions(), _ generator: Generator
  ) throws(ImageError) -> [Image] {
    var full = (width: 0, height: 0)
    let image = try decodeImage(bytes, name: name, options: options) { width, height in
      full = (width, height)
      let scales = pipelines.enumerated().map { view, pipeline in
        pipeline.decodeScale(width: width, height: height, generator.split(into: view))
      }
      return scales.max { $0.rawValue < $1.rawValue } ?? .full
    }
    guard image.width != full.width, full.width != 0 else {
      return try self(image, name: name, options: options, generator)
    }
    return pipelines.enumerated().map { view, pipeline in
      pipeline(scaled: image, from: full, generator.split(into: view))
    }
  }
}

extension Views {
  /// All views of one picture, in order; an error where a station would make more pixels of it than pictures may have.
  ///
  /// A strip of two pixels' height becomes, with `resize(256)`, 128 times as long.
  public func callAsFunction(
    _ image: Image, name: String, options: DecodeOptions, _ generator: Generator
  ) throws(ImageError) -> [Image] {
    for pipeline in pipelines {
      let most = pipeline.largestSize(width: image.width, height: image.height)
      guard most.width <= options.maxPixels / max(1, most.height) else {
        throw ImageError(
          .tooLarge, name: name,
          detail: "\(image.width) × \(image.height) pixels, resized to \(most.width) × \(most.height)")
      }
    }
    return self(image, generator)
  }
}

extension Pipeline {
  /// The size of the largest picture that a station makes of one of this size.
  fileprivate func largestSize(width: Int, height: Int) -> (width: Int, height: Int) {
    var (size, most) = ((width: width, height: height), (width: 0, height: 0))
    for step in steps {
      switch step {
      case .resize(let side, let filter):
        size = Preprocessing(size: side, filter: filter).resizedSize(width: size.width, height: size.height)
      case .randomCrop(let crop): size = (crop.size, crop.size)
      case .centerCrop(let side): size = (side, side)
      // What turns a picture leaves it as many pixels.
      case .decode, .flip, .flipVertically, .quarterTurns, .jitter, .gray, .blur, .solarize, .normalize: continue
      }
      if size.width * size.height > most.width * most.height { most = size }
    }
    return most
  }

  /// The crop that the pipeline begins with, and where in the line it stands.
  private var openingCrop: (index: Int, crop: Step.RandomCrop)? {
    guard let index = steps.firstIndex(where: { $0 != .decode }), case .randomCrop(let crop) = steps[index]
    else { return nil }
    return (index, crop)
  }

  /// The smallest scale that leaves the opening crop enough pixels.
  fileprivate func decodeScale(width: Int, height: Int, _ generator: Generator) -> DecodeScale {
    guard let (index, crop) = openingCrop else { return .full }
    var drawn = generator.split(into: index)
    let region = crop.region(width: width, height: height, &drawn)
    let shorter = min(region.width, region.height)
    return [.eighth, .quarter, .half].first { shorter * $0.rawValue >= crop.size * 8 } ?? .full
  }

  /// The view of a picture that was decoded at a scale: the same random decisions as at full size.
  fileprivate func callAsFunction(
    scaled image: Image, from full: (width: Int, height: Int), _ generator: Generator
  ) -> Image {
    guard let (index, crop) = openingCrop else { fatalError("a scaled picture, but no opening crop") }
    var drawn = generator.split(into: index)
    let region = crop.region(width: full.width, height: full.height, &drawn)
      .scaled(from: full, to: (image.width, image.height))
    var view = image.resized(width: crop.size, height: crop.size, filter: crop.filter, from: region)
    for (i, step) in steps.enumerated() where i > index {
      view = step.apply(view, generator.split(into: i))
    }
    return view
  }
}

extension Region {
  /// The part of a smaller picture that shows the same.
  fileprivate func scaled(from full: (width: Int, height: Int), to small: (width: Int, height: Int)) -> Region {
    let left = x * small.width / full.width, top = y * small.height / full.height
    return Region(
      x: left, y: top, width: min(small.width - left, max(1, width * small.width / full.width)),
      height: min(small.height - top, max(1, height * small.height / full.height)))
  }
}
