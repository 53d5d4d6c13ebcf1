import Files

/// A safetensors file that cannot be used, and why.
public struct SafetensorsError: UserError, Equatable {
  /// The file.
  public let path: String
  /// What is wrong.
  public let problem: String

  /// An error about a file.
  public init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  public var description: String { "\(path): \(problem)" }

  static func damaged(_ path: String, _ problem: String) -> SafetensorsError {
    SafetensorsError(path, "not a sound safetensors file: \(problem)")
  }

  /// What a clone holds in place of a large file that was not fetched.
  static func pointer(_ path: String) -> SafetensorsError {
    SafetensorsError(path, "a Git LFS pointer, which only says where the weights are; run git lfs pull in its folder")
  }

  /// Pickles run whatever code their maker put in.
  static func pickle(_ path: String) -> SafetensorsError {
    let target = join(parentFolder(path), "model.safetensors")
    return SafetensorsError(
      path,
      "a pickle, which can run any code when it is read, is not opened; convert it with: "
        + "python3 -c \"import torch, safetensors.torch as s; w = torch.load('\(path)', weights_only=True); "
        + "s.save_file({k: v.clone() for k, v in w.items()}, '\(target)')\"")
  }
}
