import Files

/// A command line that cannot be understood; the program ends with exit code 2.
public struct UsageError: UserError, Equatable {
  /// The line for people.
  public let description: String

  /// An error with the line for people.
  public init(_ description: String) { self.description = description }
}

/// The end of a command that was interrupted and saved its state; the program ends with exit code 130.
public struct Interrupted: UserError, Equatable {
  /// The line for people: what was saved and how to go on.
  public let description: String

  /// An interruption with the line for people.
  public init(_ description: String) { self.description = description }
}
