import Files

/// A line of text that is no pipeline, and the word where it goes wrong.
public struct PipelineError: UserError, Equatable {
  /// The whole line.
  public let line: String
  /// Where the word starts, in bytes from 1.
  public let column: Int
  /// The word; empty at the end of the line.
  public let word: String
  /// What is wrong and what could be there instead.
  public let message: String

  /// The line for people.
  public var description: String {
    let place = word.isEmpty ? "at its end" : "at '\(word)' (column \(column))"
    return "pipeline '\(line)' \(place): \(message)"
  }
}
