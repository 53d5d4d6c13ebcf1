import Arguments
import Files
import Glibc
import Images
import Layers
import ModelFolders
import Retrieval
import Tensors

/// A joint embedding from a folder, as searches and evaluations use it.
struct EmbeddingModel: Embedder, @unchecked Sendable {
  // The weights are only read.
  private let model: JointModel
  private let precision: Precision
  let identity: ModelIdentity
  let width: Int

  /// Opens a model's folder or a run.
  init(_ folder: String, tokenizer: String? = nil, precision: Precision = .fp32) throws {
    model = try JointModel(folder, tokenizer: tokenizer)
    self.precision = precision
    width = model.clip.embeddingWidth
    identity = ModelIdentity(path: Self.absolute(folder), fingerprint: Self.fingerprint(of: model.clip.parameters))
  }

  func prepare(_ image: Image) -> [Float] { model.patches(of: image) }

  func embed(prepared: [[Float]]) -> Embeddings {
    let shape = model.clip.vision.shape
    let patches = Tensor(
      Array(prepared.joined()), [prepared.count, shape.patchCount, shape.patchSize * shape.patchSize * 3])
    return embeddings(model.embed(patches: patches, precision: precision))
  }

  func embed(texts: [String]) -> Embeddings {
    texts.isEmpty
      ? Embeddings([], width: width) : embeddings(model.embed(texts: texts, precision: precision))
  }

  private func embeddings(_ tensor: Tensor) -> Embeddings {
    Embeddings(count: tensor.shape[0], width: width) { _ = $0.update(fromContentsOf: tensor.floatBuffer) }.normalized()
  }

  /// A hash of names and values of all weights, whatever file they came from.
  private static func fingerprint(of parameters: [(name: String, parameter: Parameter)]) -> String {
    var hashes: [UInt8] = []
    for (name, parameter) in parameters {
      for hash in [
        ContentHash(of: Array(name.utf8)), ContentHash(of: UnsafeRawBufferPointer(parameter.value.floatBuffer)),
      ] {
        withUnsafeBytes(of: hash.high.littleEndian) { hashes.append(contentsOf: $0) }
      }
    }
    let digits = String(ContentHash(of: hashes).high, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
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

  static let all: [any AnyArgument] = [tokenizer, precision, exif, maxPixels, batch]

  /// The model that was named, or another one.
  static func embedder(_ given: Given, folder: String) throws -> EmbeddingModel {
    try EmbeddingModel(
      folder, tokenizer: given[tokenizer], precision: given[precision] == .bf16 ? .bf16 : .fp32)
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
