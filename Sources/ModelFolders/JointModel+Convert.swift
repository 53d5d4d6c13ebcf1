import Files
import Tensors
import Text

extension JointModel {
  /// Writes the model in another layout, or in the same one with everything as this program has it.
  ///
  /// Ids stay the same: a folder for open_clip names the tokenizer in it where the texts are not cut up by open_clip's
  /// own rules. open_clip's cleaning of texts has no name in Hugging Face's files and is lost there.
  ///
  /// The files are there all together or not at all. Returns whether the tokenizer is known and was written too.
  @discardableResult public func write(as format: ModelFormat, to folder: String) throws -> Bool {
    try writeFolder(folder) { try write(as: format, to: $0, called: fileName(absolutePath(folder))) }
  }

  /// - `name`: of the folder in the end.
  private func write(as format: ModelFormat, to folder: String, called name: String) throws -> Bool {
    switch format {
    case .huggingFace:
      try writeCLIPFolder(
        clip, to: folder, preprocessing: preprocessing, endOfText: try? tokenizer.endToken, source: self.folder)
    case .openCLIP:
      let cleaning = (try? tokenizer)?.precleaning
      try writeOpenCLIPFolder(
        clip, to: folder, preprocessing: preprocessing, tokenizer: convention == .openCLIP ? nil : name,
        cleaning: cleaning == .whitespace ? nil : cleaning?.rawValue, source: self.folder)
    }
    if let known = try? tokenizer {
      try known.write(to: folder)
      return true
    }
    // Not one that is known here: others will know it.
    let files = ModelFiles.tokenizerFiles.filter { kind(of: join(self.folder, $0)) == .file }
    for name in files { try writeFile(join(folder, name), readFile(join(self.folder, name), limit: 1 << 28)) }
    return !files.isEmpty
  }
}
