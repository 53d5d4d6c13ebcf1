import Encoders
import ModelFolders

extension Recipe {
  /// What people should know about the model's folder before they train: that `transformers` cannot open it.
  public var layoutNote: String? {
    guard method == .clip || method == .siglip else { return nil }
    let shape = joint.model.shape(
      method: method, vocabulary: joint.model.vocabulary, endOfText: method == .siglip ? .last : .largestId)
    return shape.strangenessToTransformers.map {
      "transformers will not open the model, for its \($0); diptych does"
    }
  }
}
