import Encoders
import Files
import Images
import JSON
import Layers
import Safetensors
import Tensors

// Hugging Face's `CLIPModel`: names, configuration, and back.

/// Writes a joint embedding as a folder that `transformers.CLIPModel.from_pretrained` opens.
///
/// - Parameter endOfText: the id of the token that ends a text, where the tower is pooled.
public func writeCLIPFolder(
  _ model: CLIP, to folder: String, preprocessing: Preprocessing, endOfText: Int32?
) throws {
  try makeFolder(folder)
  try writeWeights(model.huggingFaceBindings, to: join(folder, "model.safetensors"))
  try writeFile(join(folder, "preprocessor_config.json"), preprocessing.huggingFace.text(.pretty) + "\n")
  try writeFile(
    join(folder, "config.json"), model.huggingFaceConfiguration(endOfText: endOfText).text(.pretty) + "\n")
}

extension CLIP {
  /// The tensors of a `CLIPModel`.
  package var huggingFaceBindings: [WeightBinding] {
    var bindings = [WeightBinding("logit_scale", logitScale)]
    if let classToken = vision.classToken {
      bindings.append(WeightBinding("vision_model.embeddings.class_embedding", classToken))
    }
    bindings.append(
      WeightBinding(
        "vision_model.embeddings.patch_embedding.weight", patches: vision.patchEmbedding.weight,
        side: vision.shape.patchSize))
    bindings.append(WeightBinding("vision_model.embeddings.position_embedding.weight", vision.positions))
    if let norm = vision.preNorm { bindings += norm.bindings("vision_model.pre_layrnorm") }
    bindings += vision.blocks.huggingFaceBindings("vision_model.encoder.layers")
    bindings += vision.norm.bindings("vision_model.post_layernorm")
    bindings.append(WeightBinding("text_model.embeddings.token_embedding.weight", text.tokenEmbedding.weight))
    bindings.append(WeightBinding("text_model.embeddings.position_embedding.weight", text.positions))
    bindings += text.blocks.huggingFaceBindings("text_model.encoder.layers")
    bindings += text.norm.bindings("text_model.final_layer_norm")
    if let visionProjection { bindings.append(WeightBinding("visual_projection.weight", visionProjection.weight)) }
    if let textProjection { bindings.append(WeightBinding("text_projection.weight", textProjection.weight)) }
    return bindings
  }

  func huggingFaceConfiguration(endOfText: Int32?) -> JSONValue {
    func tower(_ blocks: TransformerShape) -> [(String, JSONValue)] {
      [
        ("hidden_size", JSONValue(blocks.width)), ("intermediate_size", JSONValue(blocks.hidden)),
        ("num_hidden_layers", JSONValue(blocks.depth)), ("num_attention_heads", JSONValue(blocks.heads)),
        ("hidden_act", .string(blocks.activation.huggingFaceName)),
        ("layer_norm_eps", JSONValue(blocks.epsilon)), ("projection_dim", JSONValue(embeddingWidth)),
      ]
    }
    let start = endOfText.map { $0 - 1 } ?? 0
    let textConfiguration =
      [("model_type", JSONValue.string("clip_text_model"))] + tower(text.shape.blocks) + [
        ("vocab_size", JSONValue(text.shape.vocabulary)), ("max_position_embeddings", JSONValue(text.shape.context)),
        ("bos_token_id", JSONValue(Int(start))), ("eos_token_id", JSONValue(Int(endOfText ?? 2))),
        ("pad_token_id", JSONValue(Int(endOfText ?? 1))),
      ]
    let visionConfiguration =
      [("model_type", JSONValue.string("clip_vision_model"))] + tower(vision.shape.blocks) + [
        ("image_size", JSONValue(vision.shape.imageSize)), ("patch_size", JSONValue(vision.shape.patchSize)),
        ("num_channels", 3),
      ]
    return .object(
      JSONObject([
        ("architectures", ["CLIPModel"]), ("model_type", "clip"), ("projection_dim", JSONValue(embeddingWidth)),
        ("logit_scale_init_value", 2.6592), ("torch_dtype", "float32"),
        ("text_config", .object(JSONObject(textConfiguration))),
        ("vision_config", .object(JSONObject(visionConfiguration))),
      ]))
  }

  /// Features of the shared space.
  public var embeddingWidth: Int { textProjection?.weight.value.shape[0] ?? text.shape.blocks.width }
}

/// Reads a folder with a `CLIPModel`.
package func readHuggingFaceCLIP(_ folder: String, _ configuration: JSONValue) throws -> CLIP {
  let path = join(folder, "config.json")
  let fields = HuggingFaceFields(configuration, path)
  let (textPart, visionPart) = (fields.part("text_config"), fields.part("vision_config"))
  let end = try textPart.int("eos_token_id", default: 49407)
  var generator = Generator(seed: 0)
  let shape = CLIPShape(
    vision: VisionShape(
      imageSize: try visionPart.int("image_size", default: 224),
      patchSize: try visionPart.int("patch_size", default: 32),
      blocks: try visionPart.blocks(width: 768, depth: 12, heads: 12, firstStream: 0)),
    text: TextShape(
      vocabulary: try textPart.int("vocab_size", default: 49408),
      context: try textPart.int("max_position_embeddings", default: 77),
      blocks: try textPart.blocks(width: 512, depth: 12, heads: 8, firstStream: 10_000),
      // The configurations of OpenAI's models name id 2, and mean the largest.
      pooling: end == 2 ? .largestId : .first(id: Int32(clamping: end))),
    embedding: try fields.int("projection_dim", default: 512))
  guard shape.vision.imageSize % shape.vision.patchSize == 0 else {
    throw ModelError(
      path, "pictures of \(shape.vision.imageSize) pixels do not divide into patches of \(shape.vision.patchSize)")
  }
  let model = CLIP(shape, &generator)
  try readWeights(model.huggingFaceBindings, from: SafetensorsFolder(folder)) { $0.hasSuffix("position_ids") }
  return model
}

extension TransformerStack {
  /// The tensors of a Hugging Face encoder's layers.
  func huggingFaceBindings(_ prefix: String) -> [WeightBinding] {
    blocks.enumerated().flatMap { i, block -> [WeightBinding] in
      let layer = "\(prefix).\(i)"
      let width = block.attention.output.weight.value.shape[0]
      let parts = ["q_proj", "k_proj", "v_proj"].enumerated().flatMap { part, name -> [WeightBinding] in
        let rows = part * width..<(part + 1) * width
        return [WeightBinding("\(layer).self_attn.\(name).weight", block.attention.qkv.weight, rows: rows)]
          + (block.attention.qkv.bias.map { [WeightBinding("\(layer).self_attn.\(name).bias", $0, rows: rows)] } ?? [])
      }
      return parts + block.attention.output.bindings("\(layer).self_attn.out_proj")
        + block.norm1.bindings("\(layer).layer_norm1") + block.feedForward.expand.bindings("\(layer).mlp.fc1")
        + block.feedForward.contract.bindings("\(layer).mlp.fc2") + block.norm2.bindings("\(layer).layer_norm2")
    }
  }
}

extension LayerNorm {
  func bindings(_ prefix: String) -> [WeightBinding] {
    [WeightBinding("\(prefix).weight", weight), WeightBinding("\(prefix).bias", bias)]
  }
}

extension Linear {
  func bindings(_ prefix: String) -> [WeightBinding] {
    [WeightBinding("\(prefix).weight", weight)] + (bias.map { [WeightBinding("\(prefix).bias", $0)] } ?? [])
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

  init?(huggingFaceName name: String) {
    switch name {
    case "gelu_new", "gelu_fast": self = .geluTanh
    default:
      guard let known = Activation.allCases.first(where: { $0.huggingFaceName == name }) else { return nil }
      self = known
    }
  }
}

/// The values of a `config.json`; those that are missing have Hugging Face's defaults.
struct HuggingFaceFields {
  let value: JSONValue
  let path: String

  init(_ value: JSONValue, _ path: String) {
    self.value = value
    self.path = path
  }

  func part(_ key: String) -> HuggingFaceFields { HuggingFaceFields(value[key] ?? .object(JSONObject()), path) }

  func int(_ key: String, default absent: Int) throws -> Int {
    guard let found = value[key], found != .null else { return absent }
    guard let number = found.int, number >= 0, number < 1 << 31 else {
      throw ModelError(path, "\(key) is \(found.kind), not a whole number from 0")
    }
    return number
  }

  func float(_ key: String, default absent: Float) throws -> Float {
    guard let found = value[key], found != .null else { return absent }
    guard let number = found.double else { throw ModelError(path, "\(key) is \(found.kind), not a number") }
    return Float(number)
  }

  /// A stack of blocks, by the names of CLIP's and SigLIP's configurations.
  func blocks(
    width: Int, depth: Int, heads: Int, activation: String = "quick_gelu", epsilon: Float = 1e-5, firstStream: Int
  ) throws -> TransformerShape {
    let name = value["hidden_act"]?.string ?? activation
    guard let function = Activation(huggingFaceName: name) else {
      throw ModelError(path, "hidden_act \(name) is not known here")
    }
    let width = try int("hidden_size", default: width)
    let heads = try int("num_attention_heads", default: heads)
    guard heads > 0, width > 0, width % heads == 0 else {
      throw ModelError(path, "hidden_size \(width) does not divide into \(heads) heads")
    }
    return TransformerShape(
      width: width, depth: try int("num_hidden_layers", default: depth), heads: heads,
      hidden: try int("intermediate_size", default: 4 * width), activation: function,
      epsilon: try float("layer_norm_eps", default: epsilon), firstStream: firstStream)
  }
}
