import Arguments
import Files
import ModelFolders

/// `diptych convert SOURCE --to hf|open_clip --out DIR`
enum ConvertCommand: Command {
  static let name = "convert"
  static let summary = "write a joint embedding as Hugging Face's or open_clip's programs read it"
  static let details = """
    SOURCE is a run, or a folder of Hugging Face's (CLIPModel, SiglipModel) or open_clip's. Weights are written in single
    precision, and the tokenizer with them.
    """

  static let source = Argument<String>(
    "SOURCE", "a model's folder, or a run", example: "runs/emoji-clip", hint: .folder)
  static let target = Argument<ModelFormat>("--to FORMAT", "whose layout to write", example: "open_clip")
  static let out = Argument<String>("--out DIR", "the folder to write", example: "emoji-open-clip", hint: .folder)
  static let arguments: [any AnyArgument] = [source, target, out, EmbeddingArguments.tokenizer]

  static func run(_ given: Given, _ console: Console) throws {
    for name in ["config.json", "open_clip_config.json", "recipe.json5"] where kind(of: join(given[out], name)) == .file
    {
      throw FileExists(path: join(given[out], name))
    }
    let model = try JointModel(given[source], tokenizer: given[EmbeddingArguments.tokenizer])
    try model.write(as: given[target], to: given[out])
    if model.format != given[target] {
      console.note(
        model.format == .openCLIP
          ? "texts lose open_clip's cleaning, and centre crops may move by a pixel: that is how Hugging Face does it"
          : "open_clip cleans texts more than Hugging Face does, and its centre crops may move by a pixel")
    }
    console.note(
      "\(given[out]): written for \(given[target] == ModelFormat.huggingFace ? "transformers" : "open_clip")")
  }
}

extension ModelFormat: ArgumentValue {}

/// A folder that is in use.
private struct FileExists: UserError {
  let path: String
  var description: String { "\(path): is there already; choose a folder without a model" }
}
