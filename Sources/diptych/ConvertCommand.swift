import Arguments
import Files
import ModelFolders

/// `diptych convert SOURCE --to hf|open_clip|mae --out DIR`
enum ConvertCommand: Command {
  static let name = "convert"
  static let summary = "write a model as Hugging Face's, open_clip's or MAE's own programs read it"
  static let details = """
    SOURCE is a run, or a folder of Hugging Face's (CLIPModel, SiglipModel, ViTMAEForPreTraining) or open_clip's. Weights
    are written in single precision, and a joint embedding's tokenizer with them. A masked autoencoder is written for hf,
    or for mae: the same folder, its tensors named as in the original repository.
    """

  static let source = Argument<String>(
    "SOURCE", "a model's folder, or a run", example: "runs/emoji-clip", hint: .folder)
  static let target = Argument<Target>("--to FORMAT", "whose layout to write", example: "open_clip")
  static let out = Argument<String>("--out DIR", "the folder to write", example: "emoji-open-clip", hint: .folder)
  static let arguments: [any AnyArgument] = [source, target, out, EmbeddingArguments.tokenizer]

  static func run(_ given: Given, _ console: Console) throws {
    if let file = ModelFiles.sign(in: given[out]) { throw FileExists(path: join(given[out], file)) }
    try takingBackFolders(to: given[out]) { try convert(given, console) }
    console.note("\(given[out]): written for \(given[target].reader)")
  }

  private static func convert(_ given: Given, _ console: Console) throws {
    if MaskedModel.isConfigured(given[source]) {
      guard !given.has(EmbeddingArguments.tokenizer) else {
        throw UsageError("\(EmbeddingArguments.tokenizer.name) says nothing of a masked autoencoder: it knows no texts")
      }
      try convert(MaskedModel(given[source]), given)
    } else {
      try convert(JointModel(given[source], tokenizer: given[EmbeddingArguments.tokenizer]), given, console)
    }
  }

  private static func convert(_ model: JointModel, _ given: Given, _ console: Console) throws {
    guard let format = given[target].jointFormat else {
      throw ModelError(given[source], "is a joint embedding, and mae is a layout of masked autoencoders")
    }
    if format == .huggingFace, let reason = model.clip.shape.strangenessToTransformers {
      throw ModelError(
        given[source], "transformers has no such model: its \(reason); diptych reads the folder as it is")
    }
    if try !model.write(as: format, to: given[out]) {
      console.note("\(given[source]): there is no tokenizer to write; --tokenizer DIR says where one lies")
    }
    if let loss = model.format.loss(in: format) { console.note(loss) }
  }

  private static func convert(_ model: MaskedModel, _ given: Given) throws {
    guard let names = given[target].maskedNames else {
      throw ModelError(given[source], "is a masked autoencoder, and open_clip has none; write it for hf or mae")
    }
    try writeFolder(given[out]) { try model.write(to: $0, names: names) }
  }

  /// Whose layout to write.
  enum Target: String, CaseIterable, ArgumentValue {
    /// Hugging Face's.
    case huggingFace = "hf"
    /// open_clip's.
    case openCLIP = "open_clip"
    /// The names of the masked autoencoder's original repository.
    case mae

    /// Who reads it.
    var reader: String {
      switch self {
      case .huggingFace: "transformers"
      case .openCLIP: "open_clip"
      case .mae: "MAE's original repository"
      }
    }

    /// The layout of a joint embedding.
    var jointFormat: ModelFormat? {
      switch self {
      case .huggingFace: .huggingFace
      case .openCLIP: .openCLIP
      case .mae: nil
      }
    }

    /// The names in a masked autoencoder's file.
    var maskedNames: MaskedAutoencoderNames? {
      switch self {
      case .huggingFace: .hub
      case .openCLIP: nil
      case .mae: .original
      }
    }
  }
}

/// A folder that is in use.
private struct FileExists: UserError {
  let path: String
  var description: String { "\(path): is there already; choose a folder without a model" }
}
