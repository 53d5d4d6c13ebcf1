import Encoders
import Files
import Images
import JSON
import Patching
import Tensors
import Text

/// A joint embedding from a folder: the towers, and what turns pictures and texts into their inputs.
public struct JointModel {
  /// The towers.
  public let clip: CLIP
  /// From a picture to what the model sees.
  public let preprocessing: Preprocessing
  /// From a text to ids.
  public let tokenizer: Tokenizer
  /// The folder.
  public let folder: String

  /// Opens a model's folder or a run.
  ///
  /// - Parameter tokenizerFolder: where the tokenizer's files are, if the folder has none.
  public init(_ folder: String, tokenizer tokenizerFolder: String? = nil) throws {
    guard kind(of: folder) == .folder else {
      throw ModelError(
        folder, kind(of: folder) == .absent ? "there is no such folder" : "is a file, not a model's folder")
    }
    let path = join(folder, "config.json")
    guard kind(of: path) == .file else {
      throw ModelError(folder, "holds no model: it has no config.json")
    }
    let configuration = try JSONValue(file: path)
    let type = configuration["model_type"]?.string ?? "unknown"
    guard type == "clip" else { throw ModelError(path, "model_type \(type) is no joint embedding that is known here") }
    clip = try readHuggingFaceCLIP(folder, configuration)
    preprocessing = try Preprocessing(folder: folder, imageSize: clip.vision.shape.imageSize)
    tokenizer = try Tokenizer(folder: folder, files: tokenizerFolder)
    self.folder = folder
  }

  /// Embeds texts: `[texts, embedding]`
  public func embed(texts: [String], precision: Precision = .fp32) -> Tensor {
    let context = clip.text.shape.context
    let batch = tokenizer.encode(texts, length: context)
    let ids = Tensor(ids: batch.ids, [texts.count, context])
    return Pass(precision: precision).run { clip.embed(ids: ids) }
  }

  /// Embeds pictures that were preprocessed: `[images, embedding]`
  public func embed(patches: Tensor, precision: Precision = .fp32) -> Tensor {
    Pass(precision: precision).run { clip.embed(patches: patches) }
  }

  /// A picture's patches, normalised.
  public func patches(of image: Image) -> [Float] {
    let shape = clip.vision.shape
    let grid = PatchGrid(size: shape.imageSize, patch: shape.patchSize)
    let seen = preprocessing(image)
    return [Float](unsafeUninitializedCapacity: grid.count * grid.patchLength) { buffer, count in
      count = grid.count * grid.patchLength
      grid.patchify(
        seen, normalization: preprocessing.normalization, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
