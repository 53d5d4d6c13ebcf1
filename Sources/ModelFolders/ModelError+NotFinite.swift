import Safetensors

extension ModelError {
  /// The error that a model gives NaN or infinite numbers, with the weights that are to blame, if they are.
  package static func notFinite(_ folder: String) -> ModelError {
    let names = (try? SafetensorsFolder(folder).tensorsThatAreNotFinite(most: 3)) ?? []
    return ModelError(
      folder,
      names.isEmpty
        ? "gives NaN or infinite numbers, though its weights have none; try --precision fp32, or another model"
        : "gives NaN or infinite numbers, for its weights have some, the first in \(names.joined(separator: ", ")); "
          + "take an earlier checkpoint or another copy of the model")
  }
}
