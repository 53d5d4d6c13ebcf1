import Encoders
import Files
import Images
import JSON
import Layers
import Safetensors
import Tensors

/// An encoder of pictures from a folder, without texts: a residual network with torchvision's key names or a vision
/// transformer with timm's, and a configuration as timm's folders have it, which names the architecture and how pictures
/// are prepared.
public struct PictureModel {
  /// The encoder.
  public let backbone: Backbone
  /// From a picture to what the encoder sees.
  public let preprocessing: Preprocessing

  /// An encoder and what it sees.
  public init(_ backbone: Backbone, preprocessing: Preprocessing) {
    self.backbone = backbone
    self.preprocessing = preprocessing
  }

  /// Whether a folder's configuration is one of timm's, whatever architecture it names.
  public static func isConfigured(_ folder: String) -> Bool {
    let configuration = try? JSONValue(file: join(folder, "config.json"))
    return configuration?["architecture"]?.string != nil
  }

  /// Opens a folder or a run.
  public init(_ folder: String) throws {
    let path = join(folder, "config.json")
    guard kind(of: path) == .file else { throw ModelError(folder, "holds no model: it has no config.json") }
    let configuration = try JSONValue(file: path)
    let name = configuration["architecture"]?.string ?? "missing"
    guard let architecture = Architecture(name) else {
      let depths = ResNetShape.Depth.allCases.map(\.rawValue).joined(separator: ", ")
      throw ModelError(path, "architecture \(name) is not known here; \(depths) and vit_… are")
    }
    let weights = try SafetensorsFolder(folder)
    let pretrained = configuration["pretrained_cfg"] ?? configuration
    switch architecture {
    case .resNet(let depth):
      let network = try ResNet.torchvision(weights)
      guard network.shape.depth == depth else {
        throw ModelError(
          path, "architecture is \(depth.rawValue), and the weights are those of \(network.shape.depth.rawValue)")
      }
      backbone = .resNet(network)
    case .visionTransformer:
      let arguments = configuration["model_args"]
      // Sizes are those of the weights; what else there is would change what the network computes.
      let sizes = ["img_size", "patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio", "num_classes", "in_chans"]
      if let other = arguments?.object?.members.map(\.key).first(where: { !sizes.contains($0) }) {
        throw ModelError(path, "model_args has \(other), which is not known here")
      }
      let network = try VisionTransformer.timm(weights, heads: arguments?["num_heads"]?.int, path)
      backbone = .visionTransformer(network)
    }
    preprocessing = try Preprocessing(pretrained: pretrained, path)
    if case .visionTransformer(let network) = backbone, network.shape.imageSize != preprocessing.width {
      throw ModelError(
        path, "input_size is \(preprocessing.width), and the positions are those of \(network.shape.imageSize) pixels")
    }
  }

  private enum Architecture {
    case resNet(ResNetShape.Depth)
    case visionTransformer

    init?(_ name: String) {
      if let depth = ResNetShape.Depth(rawValue: name) {
        self = .resNet(depth)
      } else if name.utf8.starts(with: "vit_".utf8) {
        self = .visionTransformer
      } else {
        return nil
      }
    }
  }

  /// A picture's pixels, normalised: `[height, width, 3]`.
  public func pixels(of image: Image) -> [Float] {
    let seen = preprocessing(image)
    expectMemory(seen.width * seen.height * 3 * MemoryLayout<Float>.size, for: "a picture")
    return [Float](unsafeUninitializedCapacity: seen.width * seen.height * 3) { buffer, count in
      count = seen.width * seen.height * 3
      preprocessing.normalization.normalize(seen, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Features of pictures, each given by its pixels: `[pictures, features]`.
  public func embed(pixels: [[Float]], precision: Precision = .fp32) -> Tensor {
    let (height, width) = (preprocessing.height, preprocessing.width)
    return Pass(precision: precision).run { backbone(Tensor(joining: pixels, [pixels.count, height, width, 3])) }
  }
}

/// What was trained beside an encoder comes back from its folder, if that holds all of it in the same sizes: the same
/// method goes on, on other pictures. Returns whether it does.
///
/// - `module`: the whole objective.
public func readHeads(of module: some Module, beside backbone: Backbone, from folder: String) throws -> Bool {
  let path = join(folder, "heads.safetensors")
  guard kind(of: path) == .file else { return false }
  let (file, heads) = (try SafetensorsFolder(path), StoredTensor.all(of: module, without: backbone.ownTensors))
  guard heads.allSatisfy({ file.tensor($0.name)?.shape == $0.value.shape.extents }) else { return false }
  try StoredTensor.read(heads, from: file)
  return true
}

extension Backbone {
  /// What it holds, by its folder's names.
  fileprivate var ownTensors: [StoredTensor] {
    switch self {
    case .resNet(let network): network.torchvisionTensors
    case .visionTransformer(let network): StoredTensor.all(of: network)
    }
  }
}

/// Writes an encoder as a folder that timm opens, residual networks with torchvision's names, and what else was trained
/// beside it.
///
/// - `module`: the whole objective; what is not the encoder's goes to `heads.safetensors`.
/// - `method`: its name, for people.
public func writeBackboneFolder(
  _ backbone: Backbone, beside module: some Module, to folder: String, preprocessing: Preprocessing, method: String
) throws {
  try makeFolder(folder)
  let weights = join(folder, "model.safetensors")
  let own = backbone.ownTensors
  var configuration: [(String, JSONValue)]
  switch backbone {
  case .resNet(let network):
    try StoredTensor.write(own, to: weights)
    configuration = [
      ("architecture", .string(network.shape.depth.rawValue)), ("stem", .string(network.shape.stem.rawValue)),
      ("base_width", JSONValue(network.shape.baseWidth)),
    ]
  case .visionTransformer(let network):
    try writeWeights(network.timmBindings(), to: weights)
    let (shape, blocks) = (network.shape, network.shape.blocks)
    configuration = [
      ("architecture", "vit_base_patch16_224"),
      (
        "model_args",
        [
          "img_size": JSONValue(shape.imageSize), "patch_size": JSONValue(shape.patchSize),
          "embed_dim": JSONValue(blocks.width), "depth": JSONValue(blocks.depth), "num_heads": JSONValue(blocks.heads),
        ]
      ),
    ]
  }
  try StoredTensor.write(StoredTensor.all(of: module, without: own), to: join(folder, "heads.safetensors"))
  configuration += [
    ("num_classes", 0), ("num_features", JSONValue(backbone.features)), ("method", .string(method)),
    ("pretrained_cfg", preprocessing.pretrained),
  ]
  try writeFile(join(folder, "config.json"), JSONValue.object(JSONObject(configuration)).text(.pretty) + "\n")
}

extension Preprocessing {
  /// As timm's configurations say it.
  fileprivate var pretrained: JSONValue {
    func list(_ values: SIMD3<Float>) -> JSONValue { .array((0..<3).map { JSONValue(values[$0]) }) }
    return [
      "input_size": [3, JSONValue(height), JSONValue(width)], "fixed_input_size": false,
      "interpolation": .string(filter.rawValue),
      "crop_pct": 1, "crop_mode": "center", "mean": list(normalization.mean), "std": list(normalization.deviation),
      "num_classes": 0,
    ]
  }

  /// Reads timm's description.
  fileprivate init(pretrained value: JSONValue, _ path: String) throws {
    func triple(_ key: String, _ absent: SIMD3<Float>) throws -> SIMD3<Float> {
      guard let found = value[key] else { return absent }
      let numbers = (found.array ?? []).compactMap(\.double).map { Float($0) }
      guard numbers.count == 3 else { throw ModelError(path, "\(key) is not a list of three numbers") }
      return SIMD3(numbers[0], numbers[1], numbers[2])
    }
    let normalization = Normalization(
      mean: try triple("mean", Normalization.imagenet.mean),
      deviation: try triple("std", Normalization.imagenet.deviation))
    guard normalization.deviation.min() > 0 else { throw ModelError(path, "std has a number that is not positive") }
    var side = 224
    if let size = value["input_size"] {
      let numbers = (size.array ?? []).compactMap(\.int)
      guard numbers.count == 3, numbers[0] == 3, numbers[1] == numbers[2], (1...4096).contains(numbers[1]) else {
        throw ModelError(path, "input_size is not [3, N, N]")
      }
      side = numbers[1]
    }
    var share = 1.0
    if let found = value["crop_pct"] {
      guard let number = found.double, number > 0.1, number <= 1 else {
        throw ModelError(path, "crop_pct is not between 0.1 and 1")
      }
      share = number
    }
    let mode = value["crop_mode"]?.string ?? "center"
    guard mode == "center" else { throw ModelError(path, "crop_mode is \(mode), and only center is known here") }
    let interpolation = value["interpolation"]?.string ?? ResizeFilter.bicubic.rawValue
    guard let filter = ResizeFilter(rawValue: interpolation) else {
      throw ModelError(path, "interpolation is \(interpolation), which is no filter that is known here")
    }
    self.init(
      size: side, fit: .shortest(Int((Double(side) / share).rounded(.down))), filter: filter, centring: .halfToEven,
      normalization: normalization)
  }
}
