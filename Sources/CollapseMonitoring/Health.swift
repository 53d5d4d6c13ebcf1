/// How a representation does, in a word.
public struct Health: Sendable, Equatable {
  /// A word or two, such as `healthy` or `rank 12/128 ↓`.
  public let word: String
  /// How worrying that is.
  public let mood: Mood

  /// How well the representation does.
  public enum Mood: Sendable {
    /// All is well.
    case good
    /// Worth a look.
    case worrying
    /// An alarm is on.
    case bad
  }

  /// A word.
  public init(_ word: String, _ mood: Mood) {
    self.word = word
    self.mood = mood
  }
}
