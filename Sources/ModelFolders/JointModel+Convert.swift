import Files
import Tensors
import Text

extension JointModel {
  /// Writes the model in another layout, or in the same one with everything as this program has it.
  ///
  /// Ids stay the same: a folder for open_clip names the tokenizer in it where the texts are not cut up by open_clip's
  /// own rules. open_clip's cleaning of texts has no name in Hugging Face's files and is lost there.
  public func write(as format: ModelFormat, to folder: String) throws {
    switch format {
    case .huggingFace:
      try writeCLIPFolder(clip, to: folder, preprocessing: preprocessing, endOfText: try? tokenizer.endToken)
    case .openCLIP:
      try writeOpenCLIPFolder(
        clip, to: folder, preprocessing: preprocessing, tokenizer: convention == .openCLIP ? nil : fileName(folder))
    }
    if let known = try? tokenizer {
      try known.write(to: folder)
    } else {
      // Not one that is known here: others will know it.
      for name in Self.tokenizerFiles where kind(of: join(self.folder, name)) == .file {
        try writeFile(join(folder, name), readFile(join(self.folder, name), limit: 1 << 28))
      }
    }
  }

  private static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "vocab.txt", "spiece.model", "tokenizer.model",
  ]
}
