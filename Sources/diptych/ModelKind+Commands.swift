import ModelFolders

extension ModelKind {
  /// With its article.
  var noun: String {
    switch self {
    case .jointEmbedding: "a joint embedding"
    case .maskedAutoencoder: "a masked autoencoder"
    case .classifier: "a classifier"
    case .pictureEncoder: "an encoder of pictures"
    }
  }

  /// What can be done with it.
  private var commands: String {
    switch self {
    case .jointEmbedding: "embed, index, search and evaluate retrieval|zeroshot|knn|linear"
    case .maskedAutoencoder: "reconstruct, embed, index and evaluate knn|linear"
    case .classifier: "evaluate classes, embed, index and evaluate knn|linear"
    case .pictureEncoder: "embed, index and evaluate knn|linear"
    }
  }

  /// Throws where a folder holds another kind of model, and says what opens that. What is wrong with a folder that is none
  /// of them is better told by who opens it.
  func expect(_ folder: String) throws {
    guard let found = ModelKind(folder: folder), found != self else { return }
    throw ModelError(folder, "is \(found.noun) and not \(noun); \(found.commands) open it")
  }

  /// The error that it knows pictures only.
  func knowsNoTexts(_ folder: String) -> ModelError {
    ModelError(folder, "is \(noun): it knows pictures only, and no texts; \(commands) open it")
  }
}
