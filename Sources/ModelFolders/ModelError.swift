import Files

/// A model's folder that cannot be used.
public struct ModelError: UserError, Equatable {
  /// The folder or file.
  public let path: String
  /// What is wrong with it.
  public let problem: String

  /// An error about a folder or file.
  package init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  public var description: String { "\(path): \(problem)" }
}
