import Files

/// A sample that cannot be used. It is skipped, counted and listed; it stops a run only where there are too many.
public struct BadSample: UserError, Equatable {
  /// The file (and the line or member in it) at fault.
  public let file: String
  /// What is wrong with it.
  public let reason: String

  /// A sample at `file` that cannot be used for a reason.
  public init(_ file: String, _ reason: String) {
    self.file = file
    self.reason = reason
  }

  /// The line for people.
  public var description: String { "\(file): \(reason)" }
}

/// A data set that cannot be opened at all.
public struct DataError: UserError, Equatable {
  /// The file, folder or card at fault.
  public let path: String
  /// What is wrong and what to do.
  public let reason: String

  /// A data set at `path` that cannot be opened for a reason.
  public init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  /// The line for people.
  public var description: String { "\(path): \(reason)" }
}

/// "1 picture", "2 pictures".
func plural(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
