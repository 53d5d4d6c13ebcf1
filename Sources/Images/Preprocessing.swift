/// What a model's folder says is done to a picture before the encoder sees it: resize, centre crop, normalize.
public struct Preprocessing: Sendable, Hashable {
  /// How a picture of any shape gets to the size of the crop.
  public enum Fit: Sendable, Hashable {
    /// The shorter side gets this length; the crop cuts the longer one. CLIP.
    case shortest(Int)
    /// The longer side gets this length; the crop pads the shorter one with black.
    case longest(Int)
    /// Both sides get the crop's lengths; shapes are distorted. SigLIP.
    case squash
  }

  /// Where the crop lies when what is cut away is odd.
  public enum Centring: Sendable, Hashable {
    /// Half is rounded down: Hugging Face's processors.
    case down
    /// Half is rounded to even: torchvision's, and so open_clip's.
    case halfToEven
  }

  /// How the picture is resized.
  public var fit: Fit
  /// The filter of the resize.
  public var filter: ResizeFilter
  /// The size of the result.
  public var width: Int, height: Int
  /// Where the crop lies.
  public var centring: Centring
  /// What follows on the pixels.
  public var normalization: Normalization

  /// A preprocessing for square pictures.
  public init(
    size: Int, fit: Fit? = nil, filter: ResizeFilter = .bicubic, centring: Centring = .halfToEven,
    normalization: Normalization = .clip
  ) {
    self.fit = fit ?? .shortest(size)
    self.filter = filter
    (width, height) = (size, size)
    self.centring = centring
    self.normalization = normalization
  }

  /// The resized and cropped picture.
  public func callAsFunction(_ image: Image) -> Image {
    let full = resizedSize(width: image.width, height: image.height)
    let across = CenteredCrop(of: full.width, to: width, centring)
    let down = CenteredCrop(of: full.height, to: height, centring)
    // Only the pixels that the crop keeps are made.
    let part = image.resized(
      width: full.width, height: full.height, filter: filter,
      window: Region(x: across.start, y: down.start, width: across.count, height: down.count))
    return part.padded(width: width, height: height, left: across.padding, top: down.padding)
  }

  /// The size between resize and crop.
  public func resizedSize(width: Int, height: Int) -> (width: Int, height: Int) {
    switch fit {
    case .squash: return (self.width, self.height)
    case .shortest(let size):
      // The longer side is cut off, not rounded.
      let long = { (side: Int, short: Int) in Int(Double(size * side) / Double(short)) }
      return width <= height ? (size, long(height, width)) : (long(width, height), size)
    case .longest(let size):
      let ratio = Double(max(width, height)) / Double(size)
      let side = { (length: Int) in max(1, Int((Double(length) / ratio).rounded(.toNearestOrEven))) }
      return (side(width), side(height))
    }
  }
}

/// One side of a crop in the middle: what it takes of the picture, and where that lies in the crop.
private struct CenteredCrop {
  /// Black pixels before the picture.
  let padding: Int
  /// The pixels that are taken.
  let start: Int, count: Int

  init(of side: Int, to crop: Int, _ centring: Preprocessing.Centring) {
    let surplus = side - crop
    if surplus >= 0 {
      let half = Double(surplus) / 2
      start = Int(half.rounded(centring == .down ? .down : .toNearestOrEven))
      (padding, count) = (0, crop)
    } else {
      // torchvision puts the odd pixel of padding after the picture, Hugging Face before it.
      padding = centring == .down ? (1 - surplus) / 2 : -surplus / 2
      (start, count) = (0, side)
    }
  }
}

extension Image {
  /// The rectangle in the middle, padded with black where the picture is smaller.
  public func centerCropped(
    width newWidth: Int, height newHeight: Int, centring: Preprocessing.Centring = .halfToEven
  ) -> Image {
    let across = CenteredCrop(of: width, to: newWidth, centring)
    let down = CenteredCrop(of: height, to: newHeight, centring)
    return cropped(to: Region(x: across.start, y: down.start, width: across.count, height: down.count))
      .padded(width: newWidth, height: newHeight, left: across.padding, top: down.padding)
  }

  /// The picture on a larger black one.
  fileprivate func padded(width newWidth: Int, height newHeight: Int, left: Int, top: Int) -> Image {
    if newWidth == width && newHeight == height { return self }
    var padded = Image(width: newWidth, height: newHeight)
    for y in 0..<height {
      let to = ((top + y) * newWidth + left) * 3
      padded.pixels.replaceSubrange(to..<to + width * 3, with: pixels[y * width * 3..<(y + 1) * width * 3])
    }
    return padded
  }
}
