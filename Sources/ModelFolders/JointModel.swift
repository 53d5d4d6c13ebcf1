import Encoders
import Files
import Images
import Patching
import Tensors
import Text

/// A joint embedding from a folder: the towers, and what turns pictures and texts into their inputs.
public struct JointModel {
  /// The towers.
  public let clip: CLIP
  /// Those that were read.
  public let towers: Towers
  /// From a picture to what the model sees.
  public let preprocessing: Preprocessing
  /// The folder.
  public let folder: String
  /// Its layout.
  public let format: ModelFormat
  /// Whose rules cut up the texts.
  let convention: Tokenizer.Convention
  /// The tensors as the folder names them.
  package let bindings: JointBindings
  private let openedTokenizer: Result<Tokenizer, any Error>

  /// Opens a model's folder or a run.
  ///
  /// - `tokenizerFolder`: where the tokenizer's files are, if the folder has none.
  /// - `towers`: what is wanted of it.
  public init(_ folder: String, tokenizer tokenizerFolder: String? = nil, towers: Towers = .both) throws {
    let described = try JointFolder(folder)
    (clip, bindings) = try described.model(towers)
    self.towers = towers
    preprocessing = described.preprocessing
    self.folder = folder
    format = described.format
    convention = described.tokenizer
    openedTokenizer = Result {
      guard towers != .vision else { throw ModelError(folder, "was opened for pictures only") }
      return try Tokenizer(folder: folder, convention: described.tokenizer, files: tokenizerFolder)
    }
  }

  /// The sizes and habits of a folder's model, without its weights.
  public static func shape(of folder: String) throws -> CLIPShape { try JointFolder(folder).shape }

  /// What a folder's model does to pictures, without its weights.
  public static func preprocessing(of folder: String) throws -> Preprocessing { try JointFolder(folder).preprocessing }

  /// From a text to ids. Whoever has no texts can use a model whose tokenizer is not known here.
  public var tokenizer: Tokenizer { get throws { try openedTokenizer.get() } }

  /// Embeds texts: `[texts, embedding]`
  public func embed(texts: [String], precision: Precision = .fp32) throws -> Tensor {
    let shape = clip.text.shape
    var batch = try tokenizer.encode(texts, length: shape.context)
    // Where a token sees only those before it, what follows the ends of the texts makes no difference.
    if shape.isCausal, shape.pooling != .last { batch = batch.trimmed }
    if let wrong = batch.ids.first(where: { $0 < 0 || Int($0) >= shape.vocabulary }) {
      throw ModelError(
        folder, "its tokenizer gives the id \(wrong), and the model knows \(shape.vocabulary) tokens")
    }
    let ids = Tensor(ids: batch.ids, [texts.count, batch.length])
    return pass(precision).run { clip.embed(ids: ids) }
  }

  /// Embeds pictures that were preprocessed: `[images, embedding]`
  public func embed(patches: Tensor, precision: Precision = .fp32) -> Tensor {
    guard towers != .text else { fatalError("JointModel: opened for texts only, and given pictures") }
    return pass(precision).run { clip.embed(patches: patches) }
  }

  private func pass(_ precision: Precision) -> Pass {
    var pass = Pass(precision: precision)
    pass.keepsPackedWeights = true
    return pass
  }

  /// A picture's patches, normalised.
  public func patches(of image: Image) -> [Float] {
    let shape = clip.vision.shape
    let grid = PatchGrid(size: shape.imageSize, patch: shape.patchSize)
    var seen = preprocessing(image)
    if seen.width > grid.width {
      // What does not fill a patch at the right and at the bottom is not looked at.
      seen = seen.cropped(to: Region(x: 0, y: 0, width: grid.width, height: grid.height))
    }
    return grid.patches(of: seen, normalization: preprocessing.normalization)
  }
}
