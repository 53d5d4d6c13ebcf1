import Files
import Safetensors

/// Which files make up a model or a run: what shows that a folder holds one, and what no result may replace.
public enum ModelFiles {
  /// The name of what shows that a folder holds a model or a run; `nil` where another one can be written there.
  public static func sign(in folder: String) -> String? {
    signs.first { kind(of: join(folder, $0)) != .absent }
  }

  /// Whether a file belongs to a model or a run, so that it would be lost if a result took its place.
  public static func hold(_ path: String) -> Bool {
    let path = resolved(path)
    guard kind(of: path) == .file else { return false }
    let (folder, name) = (parentFolder(path), fileName(path))
    // Weights are worth keeping wherever they lie.
    if isWeights(name) { return true }
    guard names.contains(name) || name.hasPrefix("events.out.tfevents.") else { return false }
    return sign(in: folder) != nil || (try? namesInFolder(folder))?.contains(where: isWeights) == true
  }

  private static let signs =
    ["config.json", "open_clip_config.json", "recipe.json5"] + SafetensorsFolder.names
    + ["heads.safetensors", "checkpoints"]

  private static let names = Set(
    signs + tokenizerFiles + [
      "preprocessor_config.json", "processor_config.json", "metrics.jsonl", "alarms.jsonl", "bad-samples.jsonl",
      "environment.json", "progress.json", ".lock",
    ])

  /// The names of tokenizers' files, those that are not read here included.
  static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "vocab.txt", "spiece.model", "tokenizer.model", "bpe_simple_vocab_16e6.txt.gz",
  ]

  private static func isWeights(_ name: String) -> Bool {
    name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json")
  }
}

/// Throws where a result could not be written, or would take the place of one of the inputs or of a part of any model or
/// run: to be asked before long work.
public func checkOutput(_ path: String, besides inputs: [String] = []) throws {
  try checkWritable(path, besides: inputs)
  guard !ModelFiles.hold(path) else {
    throw ModelError(path, "belongs to a model or a run, and would be lost; name another file for the result")
  }
}
