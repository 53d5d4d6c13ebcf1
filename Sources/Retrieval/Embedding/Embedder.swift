import Images

/// Something that puts pictures and texts into one space: a model with what prepares its input.
package protocol Embedder: Sendable {
  /// Which model it is.
  var identity: ModelIdentity { get }
  /// Numbers in an embedding.
  var width: Int { get }
  /// What the model sees of a picture. Called from several threads, ahead of the model.
  func prepare(_ image: Image) -> [Float]
  /// Embeddings of pictures that were prepared, of length one.
  func embed(prepared: [[Float]]) throws -> Embeddings
  /// Embeddings of texts, of length one.
  func embed(texts: [String]) throws -> Embeddings
}

extension Embedder {
  /// Embeddings of texts, some at a time.
  package func embed(texts: [String], batch: Int) throws -> Embeddings {
    let parts = try stride(from: 0, to: texts.count, by: batch).map {
      try embed(texts: Array(texts[$0..<min(texts.count, $0 + batch)]))
    }
    return Embeddings(joining: parts, width: width)
  }

  /// The embedding of one picture.
  package func embed(_ image: Image) throws -> Embeddings { try embed(prepared: [prepare(image)]) }
}
