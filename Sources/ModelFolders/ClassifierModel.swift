import Encoders
import Files
import Images
import JSON
import Patching
import Safetensors
import Tensors

/// A classifier of pictures from a folder.
public struct ClassifierModel {
  /// Encoder and classifier.
  public let network: ImageClassifier
  /// The names of the classes.
  public let classNames: [String]
  /// From a picture to what the model sees.
  public let preprocessing: Preprocessing

  /// A classifier, and what it was trained with.
  public init(_ network: ImageClassifier, classNames: [String], preprocessing: Preprocessing) {
    self.network = network
    self.classNames = classNames
    self.preprocessing = preprocessing
  }

  /// Whether a folder's configuration is one of a classifier.
  public static func isConfigured(_ folder: String) -> Bool {
    (try? JSONValue(file: join(folder, "config.json")))?["model_type"]?.string == type
  }

  private static let type = "vit"

  /// Opens a folder with a `ViTForImageClassification`, or a run.
  public init(_ folder: String) throws {
    guard try ModelFormat(folder: folder) == .huggingFace else {
      throw ModelError(folder, "is a joint embedding of open_clip, not a classifier")
    }
    let path = join(folder, "config.json")
    let fields = ConfigurationFields(try JSONValue(file: path), path)
    let type = try fields.text("model_type", default: "missing")
    guard type == Self.type else {
      throw fields.error("model_type \(type) is no classifier that is known here: \(Self.type) is")
    }
    var shape = try fields.visionTransformer()
    shape.hasFixedPositions = false
    let names = fields.present("id2label")?.object?.members ?? []
    let weights = try SafetensorsFolder(folder)
    if weights.tensor("classifier.weight") == nil, weights.tensor("embeddings.cls_token") != nil {
      throw ModelError(
        folder,
        "is a ViTModel, which has no classifier and is not known here; ViTForImageClassification, ViTMAEForPreTraining "
          + "and timm's vit_… are")
    }
    guard let layout = weights.tensor("classifier.weight"), layout.shape.count == 2 else {
      throw ModelError(weights.path, "has no tensor classifier.weight")
    }
    let classes = layout.shape[0]
    guard names.isEmpty || names.count == classes else {
      throw fields.error("id2label names \(names.count) classes, and the classifier has \(classes)")
    }
    let byNumber = Dictionary(names.map { ($0.key, $0.value.string ?? $0.key) }, uniquingKeysWith: { a, _ in a })
    classNames = (0..<classes).map { byNumber["\($0)"] ?? "class \($0)" }
    try weights.check(shape, .hub)
    var generator = Generator.unset
    network = ImageClassifier(shape, classes: classes, isProbe: false, &generator)
    try readWeights(network.huggingFaceBindings, from: weights) { $0.hasPrefix("vit.pooler.") }
    preprocessing = try Preprocessing(
      huggingFace: folder,
      otherwise: Preprocessing(size: shape.imageSize, fit: .squash, centring: .down, normalization: .half),
      unnamed: .vit)
  }

  /// Writes a folder that `transformers.ViTForImageClassification.from_pretrained` opens.
  public func write(to folder: String) throws {
    let preprocessor = try preprocessing.huggingFace(folder)
    try makeFolder(folder)
    try writeWeights(folded.huggingFaceBindings, to: join(folder, "model.safetensors"))
    try writeFile(join(folder, "preprocessor_config.json"), preprocessor.text(.pretty) + "\n")
    let (shape, blocks) = (network.encoder.shape, network.encoder.shape.blocks)
    let labels = JSONObject(classNames.enumerated().map { ("\($0)", .string($1)) })
    let configuration: JSONValue = [
      "architectures": ["ViTForImageClassification"], "model_type": "vit", "image_size": JSONValue(shape.imageSize),
      "patch_size": JSONValue(shape.patchSize), "num_channels": 3, "hidden_size": JSONValue(blocks.width),
      "num_hidden_layers": JSONValue(blocks.depth), "num_attention_heads": JSONValue(blocks.heads),
      "intermediate_size": JSONValue(blocks.hidden), "hidden_act": .string(blocks.activation.huggingFaceName),
      "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "qkv_bias": true,
      "layer_norm_eps": JSONValue(blocks.epsilon), "id2label": .object(labels), "torch_dtype": "float32",
    ]
    try writeFile(join(folder, "config.json"), configuration.text(.pretty) + "\n")
  }

  /// A picture's patches, normalized.
  public func patches(of image: Image) -> [Float] {
    let shape = network.encoder.shape
    return PatchGrid(size: shape.imageSize, patch: shape.patchSize)
      .patches(of: preprocessing(image), normalization: preprocessing.normalization)
  }

  /// What the classifier sees of pictures, their class tokens: `[pictures, width]`
  public func features(patches: Tensor, precision: Precision = .fp32) -> Tensor {
    Pass(precision: precision).run { network.encoder(patches).cast(to: .float32) }
  }

  /// For each picture, how much speaks for each class: `[pictures, classes]`
  public func logits(patches: Tensor, precision: Precision = .fp32) -> Tensor {
    Pass(precision: precision).run { network(patches) }
  }

  /// The same function without a batch norm: W (x − μ)/σ + b = (W/σ) x + (b − W μ/σ).
  private var folded: ImageClassifier {
    guard let norm = network.norm else { return network }
    var generator = Generator.unset
    let shape = network.encoder.shape
    let classes = network.classifier.weight.value.shape[0]
    let plain = ImageClassifier(shape, classes: classes, isProbe: false, &generator)
    plain.encoder.takeValues(of: network.encoder)
    let scale = (norm.runningVariance.value + norm.epsilon).reciprocalSquareRoot()
    let weight = network.classifier.weight.value * scale.reshaped([1, shape.blocks.width])
    plain.classifier.weight.value = weight
    if let bias = network.classifier.bias {
      plain.classifier.bias?.value =
        bias.value - (weight * norm.runningMean.value.reshaped([1, shape.blocks.width])).sum(axis: 1)
    }
    return plain
  }
}

extension ImageClassifier {
  /// The tensors of a `ViTForImageClassification`.
  fileprivate var huggingFaceBindings: [WeightBinding] {
    MaskedAutoencoderNames.hub.bindings(encoder) + classifier.bindings("classifier")
  }
}
