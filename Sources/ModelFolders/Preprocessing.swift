import Files
import Images
import JSON

/// What happens to a picture before a model sees it: resize, centre crop, normalisation.
public struct Preprocessing: Sendable, Hashable {
  /// Pixels along a side.
  public var size: Int
  /// The statistics that colours are normalised by.
  public var normalization: Normalization

  /// Preprocessing to pictures of `size` pixels.
  public init(size: Int, _ normalization: Normalization) {
    self.size = size
    self.normalization = normalization
  }

  /// As `preprocessor_config.json` says it.
  var huggingFace: JSONValue {
    func list(_ values: SIMD3<Float>) -> JSONValue { .array((0..<3).map { JSONValue(values[$0]) }) }
    return [
      "image_processor_type": "CLIPImageProcessor", "do_resize": true, "size": ["shortest_edge": JSONValue(size)],
      "resample": 3, "do_center_crop": true, "crop_size": ["height": JSONValue(size), "width": JSONValue(size)],
      "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true,
      "image_mean": list(normalization.mean), "image_std": list(normalization.deviation), "do_convert_rgb": true,
    ]
  }

  /// Reads `preprocessor_config.json`; a folder without one means CLIP's statistics.
  init(folder: String, imageSize: Int) throws {
    size = imageSize
    normalization = .clip
    let path = join(folder, "preprocessor_config.json")
    guard kind(of: path) == .file else { return }
    let value = try JSONValue(file: path)
    func triple(_ key: String) throws -> SIMD3<Float>? {
      guard let found = value[key] else { return nil }
      let numbers = (found.array ?? []).compactMap(\.double).map { Float($0) }
      guard numbers.count == 3 else { throw ModelError(path, "\(key) is not a list of three numbers") }
      return SIMD3(numbers[0], numbers[1], numbers[2])
    }
    if let mean = try triple("image_mean") { normalization.mean = mean }
    if let deviation = try triple("image_std") {
      guard deviation.min() > 0 else { throw ModelError(path, "image_std has a number that is not positive") }
      normalization.deviation = deviation
    }
  }
}
