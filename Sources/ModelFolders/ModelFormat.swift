import Encoders
import Files
import Glibc
import Images
import JSON
import Safetensors
import Tensors
import Text

/// Whose layout a model's folder has.
public enum ModelFormat: String, Sendable, CaseIterable {
  /// Hugging Face: `config.json`, `model.safetensors`.
  case huggingFace = "hf"
  /// open_clip: `open_clip_config.json`, `open_clip_model.safetensors`.
  case openCLIP = "open_clip"

  /// What a model loses on its way from this layout to another, for people; `nil` if nothing.
  public func loss(in other: ModelFormat) -> String? {
    switch (self, other) {
    case (.openCLIP, .huggingFace):
      "texts lose open_clip's cleaning, and centre crops may move by a pixel: that is how Hugging Face does it"
    case (.huggingFace, .openCLIP):
      "open_clip cleans texts more than Hugging Face does, and its centre crops may move by a pixel"
    case (.openCLIP, .openCLIP), (.huggingFace, .huggingFace): nil
    }
  }

  /// The layout of a folder. Where both configurations are there, as in many folders of the hub, the weights decide.
  public init(folder: String) throws {
    switch kind(of: folder) {
    case .folder: break
    case .file: throw ModelError(folder, "is a file, not a model's folder")
    case .absent:
      let isCircle = FileError.absent(folder).code == ELOOP
      throw ModelError(folder, isCircle ? FileError.circle : "there is no such folder")
    }
    func has(_ name: String) -> Bool { kind(of: join(folder, name)) == .file }
    switch (has("config.json"), has("open_clip_config.json")) {
    case (false, false): throw ModelError(folder, "holds no model: it has no config.json and no open_clip_config.json")
    case (true, false): self = .huggingFace
    case (false, true): self = .openCLIP
    case (true, true): self = try Tokenizer.Convention.of(folder: folder) == .huggingFace ? .huggingFace : .openCLIP
    }
  }
}

/// A joint embedding as its folder describes it, before its weights are read.
struct JointFolder {
  let format: ModelFormat
  let shape: CLIPShape
  let preprocessing: Preprocessing
  /// Whose rules cut up the texts.
  let tokenizer: Tokenizer.Convention
  private let weights: SafetensorsFolder
  private let openCLIP: OpenCLIPModel?

  init(_ folder: String) throws {
    format = try ModelFormat(folder: folder)
    switch format {
    case .huggingFace:
      let path = join(folder, "config.json")
      let fields = ConfigurationFields(try JSONValue(file: path), path)
      let type = fields.present("model_type")?.string ?? "missing"
      guard let known = HuggingFaceType(rawValue: type) else {
        throw ModelError(path, "model_type \(type) is no joint embedding that is known here")
      }
      shape = try CLIPShape(huggingFace: fields)
      let usual = Preprocessing(
        size: try fields.part("vision_config").side("image_size", default: shape.vision.imageSize),
        fit: known == .siglip ? .squash : nil, centring: .down, normalization: known == .siglip ? .half : .clip)
      preprocessing = try Preprocessing(huggingFace: folder, otherwise: usual)
      tokenizer = .huggingFace
      openCLIP = nil
      weights = try SafetensorsFolder(folder)
    case .openCLIP:
      let path = join(folder, "open_clip_config.json")
      weights = try SafetensorsFolder(folder)
      let all = ConfigurationFields(try JSONValue(file: path), path)
      guard all.present("model_cfg") != nil else { throw all.error("has no model_cfg") }
      let model = try OpenCLIPModel(all.part("model_cfg"), weights: weights)
      shape = model.shape
      openCLIP = model
      preprocessing = try Preprocessing(openCLIP: all.part("preprocess_cfg"), imageSize: model.imageSize)
      tokenizer = try .of(folder: folder)
    }
  }

  /// Reads the model's weights, or those of one of its towers; the other one's are then whatever memory holds.
  func model(_ towers: Towers) throws -> (CLIP, JointBindings) {
    try checkSize()
    var generator = Generator.unset
    let model = CLIP(shape, &generator)
    let bindings = openCLIP.map { model.openCLIPBindings($0) } ?? model.huggingFaceBindings
    try bindings.read(from: weights, towers)
    return (model, bindings)
  }

  /// A configuration that asks for much more than there is in the weights is refused before memory is asked for.
  private func checkSize() throws {
    func count(_ blocks: TransformerShape) -> Int {
      blocks.depth * blocks.width * (4 * blocks.width + 2 * blocks.hidden)
    }
    let (vision, text) = (shape.vision, shape.text)
    let asked =
      count(vision.blocks) + count(text.blocks) + text.blocks.width * (text.vocabulary + text.context + shape.embedding)
      + vision.blocks.width * (vision.patchSize * vision.patchSize * 3 + vision.patchCount + shape.embedding)
    let there = weights.tensors.reduce(0) { $0 + $1.count }
    guard asked / 16 <= max(there, 1 << 24) else {
      throw ModelError(weights.path, "holds \(there) numbers, and the configuration describes \(asked)")
    }
  }
}

/// Writes a joint embedding as a folder that `transformers.CLIPModel.from_pretrained`, or `SiglipModel`'s, opens. The
/// tokenizer is not written.
///
/// `endOfText`: the id of the token that ends a text, where the tower is pooled.
/// `source`: the folder that the model comes from, for errors about what Hugging Face does not have.
public func writeCLIPFolder(
  _ model: CLIP, to folder: String, preprocessing: Preprocessing, endOfText: Int32?, source: String? = nil
) throws {
  let preprocessor = try preprocessing.huggingFace(source ?? folder)
  let configuration = model.shape.huggingFaceConfiguration(imageSize: preprocessing.width, endOfText: endOfText)
  try makeFolder(folder)
  try model.huggingFaceBindings.write(to: join(folder, "model.safetensors"))
  try writeFile(join(folder, "preprocessor_config.json"), preprocessor.text(.pretty) + "\n")
  try writeFile(join(folder, "config.json"), configuration.text(.pretty) + "\n")
}

/// Writes a joint embedding as a folder that `open_clip.create_model("local-dir:…")` opens. The tokenizer is not written.
///
/// - Parameters:
///   - tokenizer: `hf_tokenizer_name`, where texts are not cut up by open_clip's own tokenizer.
///   - cleaning: what is done to texts before, if it is not what open_clip does anyway.
///   - source: the folder that the model comes from, for errors about what open_clip does not have.
func writeOpenCLIPFolder(
  _ model: CLIP, to folder: String, preprocessing: Preprocessing, tokenizer: String?, cleaning: String?, source: String
) throws {
  let names = OpenCLIPModel(shape: model.shape, imageSize: preprocessing.width)
  let configuration: JSONValue = [
    "model_cfg": try names.configuration(source, tokenizer: tokenizer, cleaning: cleaning),
    "preprocess_cfg": try preprocessing.openCLIP(source),
  ]
  try makeFolder(folder)
  try model.openCLIPBindings(names).write(to: join(folder, "open_clip_model.safetensors"))
  try writeFile(join(folder, "open_clip_config.json"), configuration.text(.pretty) + "\n")
}
