import Arguments
import Encoders
import Files
import Glibc
import Images
import Layers
import ModelFolders
import Retrieval
import Tensors

/// A joint embedding, or an encoder of pictures alone, from a folder, as searches and evaluations use it.
struct EmbeddingModel: Embedder, @unchecked Sendable {
  private enum Source {
    case joint(JointModel)
    case masked(MaskedModel)
    case classifier(ClassifierModel)
    case picture(PictureModel)
  }

  // Parameters can change and so are not Sendable; here they are only read.
  private let source: Source
  private let precision: Precision
  let identity: ModelIdentity
  let width: Int

  /// Opens a model's folder or a run, or the part of it that is needed.
  ///
  /// - `towers`: those that must be there; nil takes what there is.
  init(_ folder: String, tokenizer: String? = nil, precision: Precision = .fp32, towers: Towers? = nil) throws {
    self.precision = precision
    let kind = ModelKind(folder: folder)
    if towers == .text || towers == .both, let kind, kind != .jointEmbedding { throw kind.knowsNoTexts(folder) }
    let fingerprint: ModelFingerprint
    switch kind {
    case .maskedAutoencoder:
      let model = try MaskedModel(folder)
      let encoder = model.autoencoder.encoder
      source = .masked(model)
      width = encoder.shape.blocks.width
      fingerprint = ModelFingerprint(vision: Self.hash(encoder.parameters), text: nil)
    case .classifier:
      let model = try ClassifierModel(folder)
      let encoder = model.network.encoder
      source = .classifier(model)
      width = encoder.shape.blocks.width
      fingerprint = ModelFingerprint(vision: Self.hash(encoder.parameters), text: nil)
    case .pictureEncoder:
      let model = try PictureModel(folder)
      source = .picture(model)
      width = model.backbone.features
      fingerprint = ModelFingerprint(vision: Self.hash(model.backbone.parameters), text: nil)
    case .jointEmbedding, nil:  // of a folder that is nothing known, it says best what is wrong
      let model = try JointModel(folder, tokenizer: tokenizer, towers: towers ?? .both)
      if towers == .both { _ = try model.tokenizer }
      let clip = model.clip
      source = .joint(model)
      width = clip.shape.embedding
      fingerprint = ModelFingerprint(
        vision: towers == .text ? nil : Self.hash(clip.vision.parameters + (clip.visionProjection?.parameters ?? [])),
        text: towers == .vision ? nil : Self.hash(clip.text.parameters + (clip.textProjection?.parameters ?? [])))
    }
    identity = ModelIdentity(path: Self.absolute(folder), fingerprint: fingerprint)
  }

  /// Throws where texts cannot be embedded, for want of a tower or of a tokenizer: to be asked before long work.
  func checkTexts() throws { _ = try modelOfTexts() }

  private func modelOfTexts() throws -> JointModel {
    switch source {
    case .joint(let model):
      _ = try model.tokenizer
      return model
    case .masked: throw ModelKind.maskedAutoencoder.knowsNoTexts(identity.path)
    case .classifier: throw ModelKind.classifier.knowsNoTexts(identity.path)
    case .picture: throw ModelKind.pictureEncoder.knowsNoTexts(identity.path)
    }
  }

  func prepare(_ image: Image) -> [Float] {
    switch source {
    case .joint(let model): model.patches(of: image)
    case .masked(let model): model.patches(of: image).patches
    case .classifier(let model): model.patches(of: image)
    case .picture(let model): model.pixels(of: image)
    }
  }

  func embed(prepared: [[Float]]) throws -> Embeddings {
    func patches(_ shape: VisionShape) -> Tensor {
      Tensor(joining: prepared, [prepared.count, shape.patchCount, shape.patchSize * shape.patchSize * 3])
    }
    switch source {
    case .joint(let model):
      return try embeddings(model.embed(patches: patches(model.clip.vision.shape), precision: precision))
    case .masked(let model):
      return try embeddings(model.features(patches: patches(model.autoencoder.encoder.shape), precision: precision))
    case .classifier(let model):
      return try embeddings(model.features(patches: patches(model.network.encoder.shape), precision: precision))
    case .picture(let model):
      return try embeddings(model.embed(pixels: prepared, precision: precision))
    }
  }

  func embed(texts: [String]) throws -> Embeddings {
    if texts.isEmpty { return Embeddings([], width: width) }
    return try embeddings(modelOfTexts().embed(texts: texts, precision: precision))
  }

  /// Rows of length one. NaN or infinite numbers would be an index or a score that looks like any other.
  private func embeddings(_ tensor: Tensor) throws -> Embeddings {
    guard tensor.isFinite else { throw ModelError.notFinite(identity.path) }
    return Embeddings(count: tensor.shape[0], width: width) { _ = $0.update(fromContentsOf: tensor.floatBuffer) }
      .normalized()
  }

  /// A hash of names and values of weights, whatever file they came from.
  private static func hash(_ parameters: [(name: String, parameter: Parameter)]) -> UInt64 {
    let hashes = parameters.flatMap { name, parameter in
      [
        Array(name.utf8).withUnsafeBytes { wordHash($0, seed: 1) },
        wordHash(UnsafeRawBufferPointer(parameter.value.floatBuffer), seed: 2),
      ]
    }
    return hashes.map(\.littleEndian).withUnsafeBytes { wordHash($0, seed: 3) }
  }

  private static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// What commands can be told about a model and about reading pictures, in one place.
enum EmbeddingArguments {
  enum Switch: String, ArgumentValue, CaseIterable { case on, off }
  enum Arithmetic: String, ArgumentValue, CaseIterable { case fp32, bf16 }

  static let model = Argument<String>(
    "--model M", "a model's folder, or a run", example: "runs/emoji-clip", hint: .folder)
  static let tokenizer = Argument<String?>(
    "--tokenizer DIR", "where the tokenizer's files lie (default: the model's folder)", hint: .folder)
  static let precision = Argument("--precision P", "the arithmetic of the model", default: Arithmetic.fp32)
  static let exif = Argument("--exif S", "whether pictures are turned as their EXIF data says", default: Switch.on)
  static let maxPixels = Argument(
    "--max-pixels N", "pictures with more pixels are refused", default: 100_000_000, check: .range(1...1 << 40))
  static let batch = Argument(
    "--batch N", "pictures or texts that the model sees at a time", default: 32,
    check: .range(1...4096))

  /// What can be said where there are no texts.
  static let ofPictures: [any AnyArgument] = [precision, exif, maxPixels, batch]
  static let all: [any AnyArgument] = [tokenizer] + ofPictures

  /// The model that was named, or another one.
  ///
  /// - `towers`: those that must be there; nil takes what there is.
  static func embedder(_ given: Given, folder: String, towers: Towers? = nil) throws -> EmbeddingModel {
    try EmbeddingModel(
      folder, tokenizer: towers == .vision ? nil : given[tokenizer],
      precision: given[precision] == .bf16 ? .bf16 : .fp32, towers: towers)
  }

  static func decoding(_ given: Given) -> DecodeOptions {
    var options = DecodeOptions()
    options.appliesOrientation = given[exif] == .on
    options.maxPixels = given[maxPixels]
    return options
  }

  static func stream(_ given: Given) -> PictureStream {
    var stream = PictureStream()
    stream.decoding = decoding(given)
    stream.batch = given[batch]
    return stream
  }
}
