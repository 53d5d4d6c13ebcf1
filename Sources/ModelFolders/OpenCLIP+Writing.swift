import Encoders
import JSON
import Tensors

extension OpenCLIPModel {
  /// The part `model_cfg` for a shape, or why open_clip has no such model.
  ///
  /// - Parameters:
  ///   - tokenizer: `hf_tokenizer_name`, where texts are not cut up by open_clip's own tokenizer.
  ///   - cleaning: what is done to texts before, if it is not what open_clip does anyway.
  func configuration(_ path: String, tokenizer: String?, cleaning: String?) throws -> JSONValue {
    func refuse(_ what: String) -> ModelError { ModelError(path, "open_clip has no model \(what)") }
    let (vision, text) = (shape.vision, shape.text)
    guard tower == .builtIn, vision.hasClassToken, vision.pooling != .attention, !vision.hasPatchBias else {
      throw refuse("whose picture tower is put together like this one: it needs a class token and no patch bias")
    }
    guard shape.visionProjection == .linear else { throw refuse("without a projection of pictures") }
    let usual: Activation = vision.blocks.activation == .quickGelu ? .quickGelu : .gelu
    guard (text.blocks.activation == .quickGelu) == (usual == .quickGelu) else {
      throw refuse("with quick_gelu in one tower only")
    }
    func blocks(_ blocks: TransformerShape) throws -> [(String, JSONValue)] {
      var members: [(String, JSONValue)] = [("width", JSONValue(blocks.width)), ("layers", JSONValue(blocks.depth))]
      // open_clip rounds width × ratio down.
      var ratio = Double(blocks.hidden) / Double(blocks.width)
      if Int(Double(blocks.width) * ratio) < blocks.hidden { ratio = ratio.nextUp }
      if ratio != 4 { members.append(("mlp_ratio", .number(ratio))) }
      if blocks.epsilon != 1e-5 { members.append(("norm_kwargs", ["eps": JSONValue(blocks.epsilon)])) }
      switch blocks.activation {
      case .gelu, .quickGelu: break
      case .geluTanh: members.append(("act_kwargs", ["approximate": "tanh"]))
      case .none, .relu:
        let name = blocks.activation.huggingFaceName
        throw refuse("whose activation is \(name): it has gelu, its approximation by tanh, and quick_gelu")
      }
      return members
    }
    var visionPart =
      [("image_size", JSONValue(imageSize)), ("patch_size", JSONValue(vision.patchSize))] + (try blocks(vision.blocks))
    let headWidth = vision.blocks.width / vision.blocks.heads
    if headWidth != 64 { visionPart.append(("head_width", JSONValue(headWidth))) }
    if vision.pooling == .mean { visionPart.append(("pool_type", "avg")) }
    if !vision.hasPreNorm { visionPart.append(("no_ln_pre", true)) }

    var textPart: [(String, JSONValue)] = [
      ("context_length", JSONValue(text.context)), ("vocab_size", JSONValue(text.vocabulary)),
      ("heads", JSONValue(text.blocks.heads)),
    ]
    textPart += try blocks(text.blocks)
    if let tokenizer { textPart.append(("hf_tokenizer_name", .string(tokenizer))) }
    if let cleaning { textPart.append(("tokenizer_kwargs", ["clean": .string(cleaning)])) }
    if !text.isCausal { textPart.append(("no_causal_mask", true)) }
    switch text.pooling {
    case .largestId: break
    case .last: textPart.append(("pool_type", "last"))
    case .first(let id) where Int(id) == text.vocabulary - 1: break
    case .first(let id): textPart += [("pool_type", "eos"), ("eos_id", JSONValue(Int(id)))]
    }
    switch shape.textProjection {
    case .identity: textPart.append(("proj_type", "none"))
    case .linear: break
    case .affine: textPart.append(("proj_bias", true))
    }

    var all = JSONObject([
      ("embed_dim", JSONValue(shape.embedding)), ("vision_cfg", .object(JSONObject(visionPart))),
      ("text_cfg", .object(JSONObject(textPart))),
    ])
    if usual == .quickGelu { all["quick_gelu"] = true }
    if hasCustomText { all["custom_text"] = true }
    if shape.loss == .sigmoid { all["init_logit_bias"] = -10 }
    return .object(all)
  }
}
