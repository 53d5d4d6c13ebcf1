import Encoders
import JSON
import Layers
import Safetensors
import Tensors

/// What the part `model_cfg` of `open_clip_config.json` says: the shape, and which names the tensors have.
struct OpenCLIPModel {
  /// The model.
  var shape: CLIPShape
  /// What pictures are resized to; a bit more than the shape's where patches do not fill them.
  var imageSize: Int
  /// Whose picture tower it is.
  var tower = OpenCLIPTower.builtIn
  /// Whether the text tower's tensors stand in a part of their own.
  var hasCustomText = false

  init(shape: CLIPShape, imageSize: Int) {
    self.shape = shape
    self.imageSize = imageSize
  }

  /// Reads `model_cfg`. The sizes of a tower of timm's stand in its weights.
  init(_ fields: ConfigurationFields, weights: SafetensorsFolder) throws {
    let (visionPart, textPart) = (fields.part("vision_cfg"), fields.part("text_cfg"))
    let embedding = try fields.context("embed_dim", default: 512)
    let usual: Activation = try fields.flag("quick_gelu", default: false) ? .quickGelu : .gelu
    imageSize = try visionPart.side("image_size", default: 224)
    let vision: VisionShape
    var projection = Projection.linear
    if let name = visionPart.present("timm_model_name")?.string {
      tower = .timm(name)
      vision = try SigLIPTower(name, visionPart).shape(imageSize: imageSize, weights)
      switch try visionPart.text("timm_proj", default: "linear") {
      case "none", "": projection = .identity
      case "linear": projection = try visionPart.flag("timm_proj_bias", default: false) ? .affine : .linear
      case let other: throw fields.error("timm_proj \(other) is not known here")
      }
      guard projection != .identity || vision.blocks.width == embedding else {
        throw fields.error("a picture tower of width \(vision.blocks.width) has no projection to \(embedding)")
      }
    } else {
      vision = try visionPart.builtInVision(imageSize: imageSize, usual)
    }
    let text = try textPart.builtInText(usual)
    let isPlain = try textPart.text("proj_type", default: "linear") == "none"
    guard !isPlain || text.blocks.width == embedding else {
      throw fields.error("a text tower of width \(text.blocks.width) has no projection to \(embedding)")
    }
    hasCustomText = try fields.flag("custom_text", default: false)
    shape = CLIPShape(
      vision: vision, text: text, embedding: embedding,
      loss: fields.present("init_logit_bias") == nil ? .softmax : .sigmoid, visionProjection: projection,
      textProjection: isPlain ? .identity : try textPart.flag("proj_bias", default: false) ? .affine : .linear)
  }
}

/// Who made the picture tower.
enum OpenCLIPTower: Equatable {
  /// open_clip's own vision transformer.
  case builtIn
  /// timm's model of this name: SigLIP.
  case timm(String)
}

extension ConfigurationFields {
  /// Variants that no model here has.
  private func refuse(_ keys: [String]) throws {
    for key in keys {
      guard let found = present(key), found != false, found.double != 0, found.string != "default" else { continue }
      throw error("\(key) is \(found.text()), which is not known here")
    }
  }

  private static var unknownBlocks: [String] {
    [
      "ls_init_value", "block_type", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn",
      "scale_fc",
    ]
  }

  private func openCLIPBlocks(
    width: Int, heads: Int, activation: Activation, firstStream: Int
  ) throws -> TransformerShape {
    try refuse(Self.unknownBlocks)
    let ratio = try float("mlp_ratio", default: 4)
    guard ratio > 0, ratio < 1000 else { throw error("mlp_ratio is \(ratio)") }
    let exact = present("mlp_ratio")?.double ?? 4
    var activation = activation
    if let settings = present("act_kwargs") {
      guard activation == .gelu, settings.object?.keys == ["approximate"], settings["approximate"] == "tanh" else {
        throw error("act_kwargs is \(settings.text()), which is not known here")
      }
      activation = .geluTanh
    }
    return try blocks(
      width: width, depth: int("layers", default: 12), heads: heads, hidden: Int(Double(width) * exact),
      activation: activation, epsilon: part("norm_kwargs").epsilon("eps", default: 1e-5), firstStream: firstStream)
  }

  fileprivate func builtInVision(imageSize: Int, _ activation: Activation) throws -> VisionShape {
    guard present("layers")?.array == nil else { throw error("a ResNet as picture tower is not known here") }
    try refuse(["attentional_pool"])
    let width = try int("width", default: 768)
    let headWidth = try int("head_width", default: 64)
    guard headWidth > 0, headWidth <= width else { throw error("head_width is \(headWidth)") }
    let pooling: VisionPooling
    switch try text("pool_type", default: "tok") {
    case "tok": pooling = .classToken
    case "avg": pooling = .mean
    case let other: throw error("pool_type \(other) is not known here")
    }
    guard try pooling == .classToken || !flag("final_ln_after_pool", default: false) else {
      throw error("final_ln_after_pool with pool_type avg is not known here")
    }
    let sides = try sides(image: imageSize, patch: side("patch_size", default: 16))
    return VisionShape(
      imageSize: sides.image, patchSize: sides.patch,
      blocks: try openCLIPBlocks(width: width, heads: width / headWidth, activation: activation, firstStream: 0),
      pooling: pooling, hasClassToken: true, hasPreNorm: try !flag("no_ln_pre", default: false))
  }

  fileprivate func builtInText(_ activation: Activation) throws -> TextShape {
    if let name = present("hf_model_name") { throw error("the text tower is \(name.text()), which is not known here") }
    try refuse(["embed_cls"])
    let pooling: TextPooling
    switch try text("pool_type", default: "argmax") {
    case "argmax": pooling = .largestId
    case "last": pooling = .last
    case "eos": pooling = .first(id: Int32(clamping: try int("eos_id", default: 2)))
    case let other: throw error("pool_type \(other) of texts is not known here")
    }
    return TextShape(
      vocabulary: try vocabulary("vocab_size", default: 49408), context: try context("context_length", default: 77),
      blocks: try openCLIPBlocks(
        width: int("width", default: 512), heads: int("heads", default: 8), activation: activation,
        firstStream: textStreams),
      pooling: pooling, isCausal: try !flag("no_causal_mask", default: false))
  }
}

/// A picture tower of timm's with attention pooling: `vit_base_patch16_siglip_224` and its like. Its name tells what its
/// weights do not.
private struct SigLIPTower {
  private let fields: ConfigurationFields
  private let patchSize: Int
  private let heads: Int
  private let activation: Activation

  init(_ name: String, _ fields: ConfigurationFields) throws {
    self.fields = fields
    let words = name.utf8.split(separator: UInt8(ascii: "_")).map { String($0) ?? "" }
    let patch = words.count == 5 ? words[2].utf8.starts(with: "patch".utf8) ? Int(words[2].dropFirst(5)) : nil : nil
    guard let patch, words[0] == "vit", words[3] == "siglip", let size = Int(words[4]),
      let heads = ["base": 12, "large": 16, "so400m": 16, "giantopt": 16][words[1]]
    else { throw fields.error("the picture tower \(name) of timm is not known here; SigLIP's are") }
    guard try fields.text("timm_pool", default: "avg") == "map" else {
      throw fields.error("timm_pool of \(name) should be map")
    }
    patchSize = patch
    self.heads = heads
    // The checkpoints of SigLIP 2 that came with new sizes have the approximation, the older ones the exact function.
    let isApproximate =
      switch words[1] {
      case "base": patch == 32
      case "large": size == 512
      case "so400m": patch == 16
      default: true
      }
    activation = isApproximate ? .geluTanh : .gelu
  }

  func shape(imageSize: Int, _ weights: SafetensorsFolder) throws -> VisionShape {
    func rows(_ name: String) throws -> Int {
      guard let rows = weights.tensor(name)?.shape.first else {
        throw ModelError(weights.path, "has no tensor \(name)")
      }
      return rows
    }
    let width = try rows("visual.trunk.patch_embed.proj.bias")
    let hidden = try rows("visual.trunk.attn_pool.mlp.fc1.bias")
    var depth = 0
    while weights.tensor("visual.trunk.blocks.\(depth).norm1.weight") != nil { depth += 1 }
    let sides = try fields.sides(image: imageSize, patch: patchSize)
    return VisionShape(
      imageSize: sides.image, patchSize: sides.patch,
      blocks: try fields.blocks(
        width: width, depth: depth, heads: heads, hidden: hidden, activation: activation, epsilon: 1e-6,
        firstStream: 0),
      pooling: .attention, hasPreNorm: false, hasPatchBias: true)
  }
}
