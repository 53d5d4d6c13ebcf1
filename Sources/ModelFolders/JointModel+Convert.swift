import Files
import Tensors
import Text

extension JointModel {
  /// Writes the model in another layout, or in the same one with everything as this program has it.
  ///
  /// Ids stay the same: a folder for open_clip names the tokenizer in it where the texts are not cut up by open_clip's
  /// own rules. open_clip's cleaning of texts has no name in Hugging Face's files and is lost there.
  ///
  /// Returns whether the tokenizer is known and was written too.
  @discardableResult public func write(as format: ModelFormat, to folder: String) throws -> Bool {
    switch format {
    case .huggingFace:
      try writeCLIPFolder(clip, to: folder, preprocessing: preprocessing, endOfText: try? tokenizer.endToken)
    case .openCLIP:
      let cleaning = (try? tokenizer)?.precleaning
      try writeOpenCLIPFolder(
        clip, to: folder, preprocessing: preprocessing,
        tokenizer: convention == .openCLIP ? nil : fileName(absolutePath(folder)),
        cleaning: cleaning == .whitespace ? nil : cleaning?.rawValue)
    }
    if let known = try? tokenizer {
      try known.write(to: folder)
      return true
    }
    // Not one that is known here: others will know it.
    let files = Self.tokenizerFiles.filter { kind(of: join(self.folder, $0)) == .file }
    for name in files { try writeFile(join(folder, name), readFile(join(self.folder, name), limit: 1 << 28)) }
    return !files.isEmpty
  }

  private static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "vocab.txt", "spiece.model", "tokenizer.model",
  ]
}
