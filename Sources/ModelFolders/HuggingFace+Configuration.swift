import Encoders
import Files
import JSON
import Layers
import Tensors

/// The `model_type` of a joint embedding's `config.json`.
enum HuggingFaceType: String, CaseIterable {
  /// `CLIPModel`
  case clip
  /// `SiglipModel`
  case siglip
  /// Neither class holds it; only this program reads it. A name of its own, so that nobody takes it for something else.
  case diptych = "diptych_joint_embedding"

  var architecture: String {
    switch self {
    case .clip: "CLIPModel"
    case .siglip: "SiglipModel"
    case .diptych: "DiptychJointEmbedding"
    }
  }

  /// The class that holds models of a shape.
  init(_ shape: CLIPShape) {
    let standard: HuggingFaceType =
      switch shape.loss {
      case .softmax: .clip
      case .sigmoid: .siglip
      }
    self = shape.strangeness(to: standard) == nil ? standard : .diptych
  }
}

extension CLIPShape {
  /// What `transformers.CLIPModel`, or `SiglipModel` where each pair has its own sigmoid, does not have and this model
  /// has; `nil` if that class opens it.
  public var strangenessToTransformers: String? {
    let type: HuggingFaceType = loss == .softmax ? .clip : .siglip
    return strangeness(to: type).map { "\(type.architecture) has no \($0)" }
  }

  fileprivate func strangeness(to type: HuggingFaceType) -> String? {
    let isSigLIP = type == .siglip
    let (pooling, first): (VisionPooling, TextPooling?) = isSigLIP ? (.attention, .last) : (.classToken, nil)
    if vision.pooling != pooling { return "picture tower with pooling \(vision.pooling.rawValue)" }
    if vision.hasClassToken == isSigLIP { return "picture tower \(isSigLIP ? "with" : "without") a class token" }
    if vision.hasPreNorm == isSigLIP { return "picture tower \(isSigLIP ? "with" : "without") a norm at its start" }
    if vision.hasPatchBias != isSigLIP { return "patch embedding \(isSigLIP ? "without" : "with") a bias" }
    if text.isCausal == isSigLIP { return "text tower \(isSigLIP ? "with" : "without") a causal mask" }
    if let first, text.pooling != first { return "text tower that does not end in its last token" }
    if first == nil, text.pooling == .last { return "text tower that ends in its last token" }
    guard isSigLIP else {
      let isLinear = visionProjection == .linear && textProjection == .linear
      return isLinear ? nil : "projections other than two matrices"
    }
    if visionProjection != .identity {
      return "projection of pictures: their width \(vision.blocks.width) must be the embedding's \(embedding)"
    }
    return textProjection == .affine ? nil : "projection of texts without a bias"
  }
}

extension CLIPShape {
  /// The shape that a `config.json` describes.
  init(huggingFace fields: ConfigurationFields) throws {
    let type = try fields.choice("model_type", default: HuggingFaceType.clip)
    // Old configurations have their values in `…_config_dict`, which counts where it is there.
    let text = fields.part(fields.present("text_config_dict") == nil ? "text_config" : "text_config_dict")
    let vision = fields.part(fields.present("vision_config_dict") == nil ? "vision_config" : "vision_config_dict")
    switch type {
    case .clip, .diptych:
      let sides = try vision.sides(
        image: vision.side("image_size", default: 224), patch: vision.side("patch_size", default: 32))
      let end = try text.endOfText(default: 49407)
      self.init(
        vision: VisionShape(
          imageSize: sides.image, patchSize: sides.patch,
          blocks: try vision.huggingFaceBlocks(
            (width: 768, depth: 12, heads: 12), activation: .quickGelu, epsilon: 1e-5, firstStream: 0)),
        text: TextShape(
          vocabulary: try text.vocabulary("vocab_size", default: 49408),
          context: try text.context("max_position_embeddings", default: 77),
          blocks: try text.huggingFaceBlocks(
            (width: 512, depth: 12, heads: 8), activation: .quickGelu, epsilon: 1e-5, firstStream: textStreams),
          // The configurations of OpenAI's models name id 2, and mean the largest.
          pooling: end == 2 ? .largestId : .first(id: Int32(clamping: end))),
        embedding: try fields.context("projection_dim", default: 512))
      if type == .diptych { try read(own: fields.part("diptych")) }
    case .siglip:
      guard try vision.flag("vision_use_head", default: true) else {
        throw fields.error("vision_use_head is false, and such a model has no embeddings of pictures")
      }
      let sides = try vision.sides(
        image: vision.side("image_size", default: 224), patch: vision.side("patch_size", default: 16))
      let (visionBlocks, textBlocks) = (
        try vision.huggingFaceBlocks(
          (width: 768, depth: 12, heads: 12), activation: .geluTanh, epsilon: 1e-6, firstStream: 0),
        try text.huggingFaceBlocks(
          (width: 768, depth: 12, heads: 12), activation: .geluTanh, epsilon: 1e-6, firstStream: textStreams)
      )
      let embedding = try text.context("projection_size", default: textBlocks.width)
      guard embedding == visionBlocks.width else {
        throw fields.error("the texts' projection_size \(embedding) is not the pictures' width \(visionBlocks.width)")
      }
      self.init(
        vision: VisionShape(
          imageSize: sides.image, patchSize: sides.patch, blocks: visionBlocks, pooling: .attention, hasPreNorm: false,
          hasPatchBias: true),
        text: TextShape(
          vocabulary: try text.vocabulary("vocab_size", default: 32000),
          context: try text.context("max_position_embeddings", default: 64), blocks: textBlocks, pooling: .last,
          isCausal: false),
        embedding: embedding, loss: .sigmoid)
    }
  }

  /// Reads what a model has that Hugging Face's classes do not.
  private mutating func read(own fields: ConfigurationFields) throws {
    loss = try fields.choice("loss", default: loss)
    vision.pooling = try fields.choice("pooling", default: vision.pooling)
    vision.hasClassToken = try fields.flag("class_token", default: vision.pooling == .classToken)
    guard vision.hasClassToken || vision.pooling != .classToken else {
      throw fields.error("pooling is class_token, and class_token is false")
    }
    vision.hasPreNorm = try fields.flag("pre_norm", default: true)
    vision.hasPatchBias = try fields.flag("patch_bias", default: false)
    text.isCausal = try fields.flag("causal", default: true)
    if try fields.flag("reads_last_token", default: false) { text.pooling = .last }
    visionProjection = try fields.choice("vision_projection", default: .linear)
    textProjection = try fields.choice("text_projection", default: .linear)
    for (projection, width) in [(visionProjection, vision.blocks.width), (textProjection, text.blocks.width)]
    where projection == .identity && width != embedding {
      throw fields.error("a tower of width \(width) has no projection to \(embedding)")
    }
  }

  private var own: JSONValue {
    [
      "loss": .string(loss.rawValue), "pooling": .string(vision.pooling.rawValue),
      "class_token": .bool(vision.hasClassToken), "pre_norm": .bool(vision.hasPreNorm),
      "patch_bias": .bool(vision.hasPatchBias), "causal": .bool(text.isCausal),
      "reads_last_token": .bool(text.pooling == .last), "vision_projection": .string(visionProjection.rawValue),
      "text_projection": .string(textProjection.rawValue),
    ]
  }

  /// The `config.json` of such a model.
  ///
  /// - Parameters:
  ///   - imageSize: what pictures are resized to, which may be a bit more than fills the patches.
  ///   - endOfText: the tokenizer's.
  func huggingFaceConfiguration(imageSize: Int, endOfText: Int32?) -> JSONValue {
    let type = HuggingFaceType(self)
    let family = type == .siglip ? "siglip" : "clip"
    func tower(_ name: String, _ blocks: TransformerShape) -> [(String, JSONValue)] {
      [
        ("model_type", .string("\(family)_\(name)_model")), ("hidden_size", JSONValue(blocks.width)),
        ("intermediate_size", JSONValue(blocks.hidden)), ("num_hidden_layers", JSONValue(blocks.depth)),
        ("num_attention_heads", JSONValue(blocks.heads)),
        ("hidden_act", .string(blocks.activation.huggingFaceName)),
        ("layer_norm_eps", JSONValue(blocks.epsilon)),
        (type == .siglip ? "projection_size" : "projection_dim", JSONValue(embedding)),
      ]
    }
    let end: Int32 =
      switch text.pooling {
      case .first(let id): id
      // The largest id is the end of the text, or `eos_token_id` 2 has to say so.
      case .largestId: endOfText.map { Int($0) } == text.vocabulary - 1 ? Int32(clamping: text.vocabulary - 1) : 2
      case .last: endOfText ?? 1
      }
    let textPart =
      tower("text", text.blocks) + [
        ("vocab_size", JSONValue(text.vocabulary)), ("max_position_embeddings", JSONValue(text.context)),
        ("bos_token_id", JSONValue(Int(max(0, (endOfText ?? end) - 1)))), ("eos_token_id", JSONValue(Int(end))),
        ("pad_token_id", JSONValue(Int(endOfText ?? end))),
      ]
    let visionPart =
      tower("vision", vision.blocks) + [
        ("image_size", JSONValue(imageSize)), ("patch_size", JSONValue(vision.patchSize)), ("num_channels", 3),
      ]
    var all = JSONObject([
      ("architectures", [.string(type.architecture)]), ("model_type", .string(type.rawValue)),
      ("projection_dim", JSONValue(embedding)), ("torch_dtype", "float32"),
      ("text_config", .object(JSONObject(textPart))), ("vision_config", .object(JSONObject(visionPart))),
    ])
    switch type {
    case .clip: all["logit_scale_init_value"] = 2.6592
    case .siglip: break
    case .diptych: all["diptych"] = own
    }
    return .object(all)
  }
}

extension ConfigurationFields {
  /// A stack of blocks, by the names of CLIP's and SigLIP's configurations.
  fileprivate func huggingFaceBlocks(
    _ sizes: (width: Int, depth: Int, heads: Int), activation: Activation, epsilon: Float, firstStream: Int
  ) throws -> TransformerShape {
    let name = try text("hidden_act", default: activation.huggingFaceName)
    guard let function = Activation(huggingFaceName: name) else { throw error(unknownActivation: name) }
    return try blocks(
      width: int("hidden_size", default: sizes.width), depth: int("num_hidden_layers", default: sizes.depth),
      heads: int("num_attention_heads", default: sizes.heads),
      hidden: int("intermediate_size", default: 4 * sizes.width), activation: function,
      epsilon: self.epsilon("layer_norm_eps", default: epsilon), firstStream: firstStream)
  }

  /// `eos_token_id`; the first, where there are several.
  fileprivate func endOfText(default absent: Int) throws -> Int {
    guard let first = present("eos_token_id")?.array?.first else { return try int("eos_token_id", default: absent) }
    guard let id = first.int, id >= 0 else { throw error("eos_token_id begins with \(first.kind)") }
    return id
  }
}

extension Activation {
  /// What Hugging Face's configurations call it.
  var huggingFaceName: String {
    switch self {
    case .none: "linear"
    case .relu: "relu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_pytorch_tanh"
    case .quickGelu: "quick_gelu"
    }
  }

  /// By any of the names that transformers has for the same function.
  init?(huggingFaceName name: String) {
    switch name {
    case "gelu_python": self = .gelu
    case "gelu_new", "gelu_fast", "gelu_python_tanh", "gelu_accurate": self = .geluTanh
    default:
      guard let known = Activation.allCases.first(where: { $0.huggingFaceName == name }) else { return nil }
      self = known
    }
  }
}

extension ConfigurationFields {
  /// The error that no layer here has a function.
  func error(unknownActivation name: String) -> ModelError {
    let known = Activation.allCases.map(\.huggingFaceName).joined(separator: ", ")
    return error("hidden_act \(name) is not known here; \(known) are")
  }
}
