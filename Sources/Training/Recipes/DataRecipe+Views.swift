import Augmentation
import Images

extension DataRecipe {
  /// How pictures are read.
  var decoding: DecodeOptions {
    var options = DecodeOptions()
    options.appliesOrientation = exif
    options.maxPixels = maxPixels
    return options
  }

  /// How pictures are changed; a method's own way where the recipe has none. The word `image_size` stands for the side of
  /// the model's pictures. Views that are sure to have another size are an error.
  func views(otherwise usual: String, side: Int) throws -> Views {
    let line = augmentation.isEmpty ? usual : augmentation.replacing("image_size", with: "\(side)")
    let views = try Views(parsing: line)
    for case let found? in views.pipelines.map(\.side) where found != side {
      throw RunError.otherSize(augmentation, pixels: found, model: side)
    }
    return views
  }
}

extension Pipeline {
  /// The side of the squares that it gives, if that does not depend on the picture.
  fileprivate var side: Int? {
    var side: Int?
    for step in steps {
      switch step {
      case .randomCrop(let crop): side = crop.size
      case .centerCrop(let size): side = size
      case .resize(let size, _): side = side == nil ? nil : size
      case .decode, .flip, .flipVertically, .quarterTurns, .jitter, .gray, .blur, .solarize, .normalize: break
      }
    }
    return side
  }
}
