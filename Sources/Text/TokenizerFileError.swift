import Files

/// A tokenizer's file that does not say what it should.
public struct TokenizerFileError: UserError, Equatable {
  /// The file or folder.
  public let path: String
  /// What is wrong, and what to do.
  public let problem: String

  /// An error about a file.
  public init(_ path: String, _ problem: String) {
    self.path = path
    self.problem = problem
  }

  /// The line for people.
  public var description: String { "\(path): \(problem)" }
}
