import Files
import Images
import JSON

// A model folder's `preprocessor_config.json`.

extension Preprocessing {
  /// As `preprocessor_config.json` says it.
  var huggingFace: JSONValue {
    func list(_ values: SIMD3<Float>) -> JSONValue { .array((0..<3).map { JSONValue(values[$0]) }) }
    return [
      "image_processor_type": "CLIPImageProcessor", "do_resize": true, "size": ["shortest_edge": JSONValue(width)],
      "resample": 3, "do_center_crop": true, "crop_size": ["height": JSONValue(height), "width": JSONValue(width)],
      "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true,
      "image_mean": list(normalization.mean), "image_std": list(normalization.deviation), "do_convert_rgb": true,
    ]
  }

  /// Reads `preprocessor_config.json`; a folder without one means CLIP's statistics. Hugging Face rounds the centre down.
  init(folder: String, imageSize: Int) throws {
    self.init(size: imageSize, centring: .down)
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
    if let shortest = value["size"]?["shortest_edge"]?.int, shortest > 0 { fit = .shortest(shortest) }
  }
}
