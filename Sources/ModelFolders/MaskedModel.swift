import Encoders
import Files
import Images
import JSON
import Patching
import Safetensors
import Tensors

/// A masked autoencoder from a folder: the network, and how it was trained.
public struct MaskedModel {
  /// Encoder and decoder.
  public let autoencoder: MaskedAutoencoder
  /// From a picture to what the model sees.
  public let preprocessing: Preprocessing
  /// The share of patches that training hid.
  public let maskRatio: Double
  /// Whether it guesses patches relative to their own mean and deviation.
  public let normalizesPatches: Bool

  /// A model and how it was trained.
  public init(
    _ autoencoder: MaskedAutoencoder, preprocessing: Preprocessing, maskRatio: Double, normalizesPatches: Bool
  ) {
    self.autoencoder = autoencoder
    self.preprocessing = preprocessing
    self.maskRatio = maskRatio
    self.normalizesPatches = normalizesPatches
  }

  /// Whether a folder's configuration is one of a masked autoencoder.
  public static func isConfigured(_ folder: String) -> Bool {
    (try? JSONValue(file: join(folder, "config.json")))?["model_type"]?.string == type
  }

  private static let type = "vit_mae"

  /// Opens a folder with a `ViTMAEForPreTraining`, or a run. The weights may have the original repository's names.
  public init(_ folder: String) throws {
    guard try ModelFormat(folder: folder) == .huggingFace else {
      throw ModelError(folder, "is a joint embedding of open_clip, not a masked autoencoder")
    }
    let path = join(folder, "config.json")
    let configuration = try JSONValue(file: path)
    let type = configuration["model_type"]?.string ?? "missing"
    guard type == Self.type else {
      throw ModelError(path, "model_type \(type) is no masked autoencoder: \(Self.type) is")
    }
    let fields = ConfigurationFields(configuration, path)
    let shape = try fields.maskedAutoencoder()
    let weights = try SafetensorsFolder(folder)
    guard let names = MaskedAutoencoderNames(of: weights) else {
      throw ModelError(weights.path, "has no tensor vit.embeddings.position_embeddings")
    }
    try weights.check(shape, names)
    var generator = Generator.unset
    autoencoder = MaskedAutoencoder(shape, &generator)
    try readWeights(autoencoder.bindings(names), from: weights) { _ in false }
    preprocessing = try Preprocessing(
      huggingFace: folder,
      otherwise: Preprocessing(size: shape.encoder.imageSize, centring: .down, normalization: .imagenet),
      unnamed: .vit)
    maskRatio = Double(try fields.float("mask_ratio", default: 0.75))
    guard (0...1).contains(maskRatio) else { throw ModelError(path, "mask_ratio \(maskRatio) is not between 0 and 1") }
    normalizesPatches = try fields.flag("norm_pix_loss", default: false)
  }

  /// Writes a folder that `transformers.ViTMAEForPreTraining.from_pretrained` opens.
  public func write(to folder: String, names: MaskedAutoencoderNames = .hub) throws {
    let preprocessor = try preprocessing.huggingFace(folder)
    try makeFolder(folder)
    try writeWeights(autoencoder.bindings(names), to: join(folder, "model.safetensors"))
    try writeFile(join(folder, "preprocessor_config.json"), preprocessor.text(.pretty) + "\n")
    try writeFile(join(folder, "config.json"), configuration.text(.pretty) + "\n")
  }

  /// One vector a picture, the mean of its patches' tokens: `[batch, patches, values]` → `[batch, width]`
  public func features(patches: Tensor, precision: Precision = .fp32) -> Tensor {
    let tokens = Pass(precision: precision).run { autoencoder.encoder.tokens(patches).cast(to: .float32) }
    return tokens.sliced(1..<tokens.shape[1], axis: 1).mean(axis: 1)
  }

  /// How pictures are cut.
  public var grid: PatchGrid {
    PatchGrid(size: autoencoder.encoder.shape.imageSize, patch: autoencoder.encoder.shape.patchSize)
  }

  private var configuration: JSONValue {
    let (encoder, decoder) = (autoencoder.shape.encoder, autoencoder.shape.decoder)
    return [
      "architectures": ["ViTMAEForPreTraining"], "model_type": "vit_mae",
      "image_size": JSONValue(encoder.imageSize), "patch_size": JSONValue(encoder.patchSize), "num_channels": 3,
      "hidden_size": JSONValue(encoder.blocks.width), "num_hidden_layers": JSONValue(encoder.blocks.depth),
      "num_attention_heads": JSONValue(encoder.blocks.heads), "intermediate_size": JSONValue(encoder.blocks.hidden),
      "hidden_act": .string(encoder.blocks.activation.huggingFaceName), "hidden_dropout_prob": 0,
      "attention_probs_dropout_prob": 0, "initializer_range": 0.02, "qkv_bias": true,
      "layer_norm_eps": JSONValue(encoder.blocks.epsilon), "decoder_hidden_size": JSONValue(decoder.width),
      "decoder_num_hidden_layers": JSONValue(decoder.depth), "decoder_num_attention_heads": JSONValue(decoder.heads),
      "decoder_intermediate_size": JSONValue(decoder.hidden), "mask_ratio": .number(maskRatio),
      "norm_pix_loss": .bool(normalizesPatches), "torch_dtype": "float32",
    ]
  }
}

extension ConfigurationFields {
  /// The sizes in the configuration of a `ViTMAEForPreTraining`.
  fileprivate func maskedAutoencoder() throws -> MaskedAutoencoderShape {
    MaskedAutoencoderShape(
      encoder: try visionTransformer(),
      decoder: try blocks("decoder_", width: 512, depth: 8, heads: 16, firstStream: 10_000))
  }

  /// The sizes in the configuration of a `ViTModel`, or of the encoder of a `ViTMAEForPreTraining`.
  func visionTransformer() throws -> VisionShape {
    guard try int("num_channels", default: 3) == 3 else { throw error("num_channels is not 3") }
    guard try flag("qkv_bias", default: true) else {
      throw error("qkv_bias is false: attention without biases is not known here")
    }
    let (imageSize, patchSize) = (try side("image_size", default: 224), try side("patch_size", default: 16))
    guard patchSize > 0, imageSize > 0, imageSize % patchSize == 0, imageSize <= 1 << 16 else {
      throw error("pictures of \(imageSize) pixels do not divide into patches of \(patchSize)")
    }
    return VisionShape(
      imageSize: imageSize, patchSize: patchSize,
      blocks: try blocks("", width: 768, depth: 12, heads: 12, firstStream: 0), hasPreNorm: false, hasPatchBias: true,
      hasFixedPositions: true)
  }

  private func blocks(
    _ prefix: String, width usual: Int, depth: Int, heads: Int, firstStream: Int
  ) throws -> TransformerShape {
    let name = try text("hidden_act", default: "gelu")
    guard let activation = Activation(huggingFaceName: name) else {
      throw error(unknownActivation: name)
    }
    let width = try int("\(prefix)hidden_size", default: usual)
    guard width > 0, width % 4 == 0 else { throw error("positions need a width that is a multiple of 4, not \(width)") }
    var shape = try blocks(
      width: width, depth: int("\(prefix)num_hidden_layers", default: depth),
      heads: int("\(prefix)num_attention_heads", default: heads),
      hidden: int("\(prefix)intermediate_size", default: 4 * usual), activation: activation,
      epsilon: try epsilon("layer_norm_eps", default: 1e-12), firstStream: firstStream)
    shape.initialization = .xavier
    return shape
  }
}

extension SafetensorsFolder {
  /// Compares the sizes that decide how much memory a model takes before there is a model: a configuration may say
  /// anything, a file holds what it holds.
  fileprivate func check(_ shape: MaskedAutoencoderShape, _ names: MaskedAutoencoderNames) throws {
    try check(shape.encoder, names)
    try expect(names.decoderPositions, [1, shape.encoder.tokenCount, shape.decoder.width])
    if shape.decoder.depth > 0 {
      try expect(
        "\(names.decoderBlock(shape.decoder.depth - 1)).\(names.expandingLayer).weight",
        [shape.decoder.hidden, shape.decoder.width])
    }
  }

  /// The same for an encoder.
  func check(_ shape: VisionShape, _ names: MaskedAutoencoderNames) throws {
    try expect(names.encoderPositions, [1, shape.tokenCount, shape.blocks.width])
    if shape.blocks.depth > 0 {
      try expect(
        "\(names.encoderBlock(shape.blocks.depth - 1)).\(names.expandingLayer).weight",
        [shape.blocks.hidden, shape.blocks.width])
    }
  }

  private func expect(_ name: String, _ extents: [Int]) throws {
    guard let layout = tensor(name) else { throw ModelError(path, "has no tensor \(name)") }
    guard layout.shape == extents else {
      throw ModelError(path, "\(name) is \(layout.shape), and \(extents) by the configuration")
    }
  }
}
