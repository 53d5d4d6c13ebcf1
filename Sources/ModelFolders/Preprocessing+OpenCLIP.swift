import Images
import JSON

// The part `preprocess_cfg` of `open_clip_config.json`.

extension Preprocessing {
  /// What open_clip does before a model of this picture size; missing values mean CLIP's.
  init(openCLIP fields: ConfigurationFields, imageSize: Int) throws {
    self.init(size: imageSize, centring: .halfToEven)
    if let mean = try fields.triple("mean") { normalization.mean = mean }
    if let deviation = try fields.triple("std") { normalization.deviation = deviation }
    guard normalization.deviation.min() > 0 else { throw fields.error("std has a number that is not positive") }
    let size = try fields.side("size", default: imageSize)
    guard size == imageSize else {
      throw fields.error("preprocess_cfg.size is \(size), and the model's pictures are \(imageSize)")
    }
    // open_clip knows these two; "random" is for training.
    switch try fields.text("interpolation", default: "bicubic") {
    case "bicubic", "random": filter = .bicubic
    case "bilinear": filter = .bilinear
    case let other: throw fields.error("interpolation \(other) is not known here")
    }
    switch try fields.text("resize_mode", default: "shortest") {
    case "shortest": fit = .shortest(imageSize)
    case "longest": fit = .longest(imageSize)
    case "squash": fit = .squash
    case let other: throw fields.error("resize_mode \(other) is not known here")
    }
    let fill = try fields.int("fill_color", default: 0)
    if case .longest = fit, fill != 0 { throw fields.error("fill_color is \(fill); only black is known here") }
  }

  /// As `preprocess_cfg` says it.
  func openCLIP(_ path: String) throws -> JSONValue {
    let mode: String
    switch fit {
    case .shortest(let size):
      guard size == width else {
        throw ModelError(path, "open_clip cannot resize to \(size) pixels and cut out \(width)")
      }
      mode = "shortest"
    case .longest: mode = "longest"
    case .squash: mode = "squash"
    }
    guard filter == .bicubic || filter == .bilinear else {
      throw ModelError(path, "open_clip cannot resize with the filter \(filter.rawValue)")
    }
    return [
      "mean": normalization.mean.json, "std": normalization.deviation.json, "interpolation": .string(filter.rawValue),
      "resize_mode": .string(mode),
    ]
  }
}
