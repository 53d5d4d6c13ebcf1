import Files
import JSON

/// What a model's folder holds, as its configuration says.
public enum ModelKind: Sendable, CaseIterable {
  /// Towers for pictures and texts.
  case jointEmbedding
  /// A `ViTMAEForPreTraining`.
  case maskedAutoencoder
  /// A `ViTForImageClassification`.
  case classifier
  /// A residual network with torchvision's names, or a vision transformer with timm's.
  case pictureEncoder

  /// The kind of a folder; nil where it holds none that is known here.
  public init?(folder: String) {
    guard let format = try? ModelFormat(folder: folder) else { return nil }
    if PictureModel.isConfigured(folder) {
      self = .pictureEncoder
    } else if MaskedModel.isConfigured(folder) {
      self = .maskedAutoencoder
    } else if ClassifierModel.isConfigured(folder) {
      self = .classifier
    } else if format == .openCLIP || HuggingFaceType(ofFolder: folder) != nil {
      self = .jointEmbedding
    } else {
      return nil
    }
  }
}

extension HuggingFaceType {
  /// By the configuration in a folder.
  fileprivate init?(ofFolder folder: String) {
    let configuration = try? JSONValue(file: join(folder, "config.json"))
    guard let type = configuration?["model_type"]?.string else { return nil }
    self.init(rawValue: type)
  }
}
