import Files
import Images
import JSON

// A model folder's `preprocessor_config.json`.

extension Preprocessing {
  /// As `preprocessor_config.json` says it.
  func huggingFace(_ path: String) throws -> JSONValue {
    let crop: JSONValue = ["height": JSONValue(height), "width": JSONValue(width)]
    let common: [(String, JSONValue)] = [
      ("do_resize", true), ("resample", JSONValue(filter.pillow)), ("do_rescale", true),
      ("rescale_factor", 0.00392156862745098), ("do_normalize", true), ("image_mean", normalization.mean.json),
      ("image_std", normalization.deviation.json), ("do_convert_rgb", true),
    ]
    switch fit {
    case .shortest(let size):
      return .object(
        JSONObject(
          [
            ("image_processor_type", "CLIPImageProcessor"), ("size", ["shortest_edge": JSONValue(size)]),
            ("do_center_crop", true), ("crop_size", crop),
          ] + common))
    case .squash:
      return .object(JSONObject([("image_processor_type", "SiglipImageProcessor"), ("size", crop)] + common))
    case .longest:
      throw ModelError(path, "Hugging Face's processors of CLIP and SigLIP cannot pad pictures to a square")
    }
  }

  /// Reads `preprocessor_config.json`, or the part of `processor_config.json` that newer versions write; a folder
  /// without either means `otherwise`.
  ///
  /// - `unnamed`: the processor that transformers takes for this type of model where the file names none.
  package init(huggingFace folder: String, otherwise: Preprocessing, unnamed: ProcessorKind? = nil) throws {
    self = otherwise
    let path = join(folder, "preprocessor_config.json")
    let newer = join(folder, "processor_config.json")
    var fields: ConfigurationFields
    if kind(of: path) == .file {
      fields = ConfigurationFields(try JSONValue(file: path), path)
    } else if kind(of: newer) == .file {
      fields = ConfigurationFields(try JSONValue(file: newer), newer).part("image_processor")
    } else {
      return
    }
    for step in ["do_resize", "do_rescale", "do_normalize"] where try !fields.flag(step, default: true) {
      throw fields.error("\(step) is false, and such pictures are nothing that can be read from files here")
    }
    let factor = try fields.float("rescale_factor", default: 1.0 / 255)
    guard abs(factor * 255 - 1) < 1e-5 else {
      throw fields.error("rescale_factor is \(factor), and only 1/255 is known here")
    }
    let types = ["image_processor_type", "feature_extractor_type"].compactMap { fields.present($0)?.string }
    let processor = types.isEmpty ? unnamed : types.lazy.compactMap(ProcessorKind.init).first
    if let processor { self = processor.usual(for: self) }
    if let mean = try fields.triple("image_mean") { normalization.mean = mean }
    if let deviation = try fields.triple("image_std") { normalization.deviation = deviation }
    guard normalization.deviation.min() > 0 else { throw fields.error("image_std has a number that is not positive") }
    if fields.present("resample") != nil {
      let code = try fields.int("resample", default: filter.pillow)
      guard let known = ResizeFilter.allCases.first(where: { $0.pillow == code }) else {
        throw fields.error("resample is \(code), which is no filter that is known here")
      }
      filter = known
    }
    if let size = try fields.edges("size") {
      // A bare number was the shorter edge; but to ViT's processor, which knows no other way, it is both.
      let isBare = fields.present("size")?.object == nil
      if processor != .vit, isBare || size.present("shortest_edge") != nil {
        let shortest = try size.int(isBare ? "height" : "shortest_edge", default: 0)
        guard (1...1 << 16).contains(shortest) else { throw fields.error("size is \(shortest)") }
        fit = .shortest(shortest)
      } else if processor == .vit || size.present("height") != nil {
        fit = .squash
        try expect(size, "size")
      }
    } else if processor == .vit {
      fit = .squash
    }
    if fit != .squash, let crop = try fields.edges("crop_size") { try expect(crop, "crop_size") }
    if fit != .squash, try !fields.flag("do_center_crop", default: true) {
      throw fields.error("do_center_crop is false, and the model needs squares")
    }
  }

  /// The pictures must come out as the model wants them.
  private func expect(_ fields: ConfigurationFields, _ key: String) throws {
    let (height, width) = (try fields.int("height", default: height), try fields.int("width", default: width))
    guard height == self.height, width == self.width else {
      throw fields.error("\(key) is \(width)×\(height), and the model's pictures are \(self.width)×\(self.height)")
    }
  }
}

extension ConfigurationFields {
  /// The edges of a size; a bare number is both of them.
  fileprivate func edges(_ key: String) throws -> ConfigurationFields? {
    guard let found = present(key) else { return nil }
    if found.object != nil { return part(key) }
    let edge = JSONValue(try int(key, default: 0))
    return ConfigurationFields(.object(JSONObject([("height", edge), ("width", edge)])), path)
  }
}

/// The processors of pictures whose settings differ where a file leaves them out.
package enum ProcessorKind {
  case clip, siglip, vit

  /// By the name of its class, such as `ViTImageProcessorFast`.
  init?(_ name: String) {
    let known: [(String, ProcessorKind)] = [("CLIP", .clip), ("Siglip", .siglip), ("ViT", .vit)]
    guard let kind = known.first(where: { name.hasPrefix($0.0) })?.1 else { return nil }
    self = kind
  }

  /// What it does with pictures of that size unless it is told otherwise.
  func usual(for otherwise: Preprocessing) -> Preprocessing {
    var result = otherwise
    result.filter = self == .vit ? .bilinear : .bicubic
    result.normalization = self == .clip ? .clip : .half
    if self == .siglip { result.fit = .squash }
    return result
  }
}

extension SIMD3<Float> {
  var json: JSONValue { .array((0..<3).map { JSONValue(self[$0]) }) }
}

extension ResizeFilter {
  /// Its number in Pillow, which Hugging Face's files have.
  fileprivate var pillow: Int {
    switch self {
    case .lanczos: 1
    case .bilinear: 2
    case .bicubic: 3
    case .box: 4
    }
  }
}
