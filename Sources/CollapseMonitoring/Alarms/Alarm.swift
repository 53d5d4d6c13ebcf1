import JSON

/// An alarm that has just been raised or cleared.
public struct Alarm: Sendable, Equatable {
  /// What went wrong.
  public let kind: AlarmKind
  /// The step at which it is told.
  public let step: Int
  /// The step since which it was seen.
  public let since: Int
  /// What was seen.
  public let seen: String
  /// Whether this is the end of it.
  public let isCleared: Bool

  /// A line of `alarms.jsonl`.
  public var json: JSONValue {
    var line: [(String, JSONValue)] = [
      ("step", JSONValue(step)), ("alarm", .string(kind.rawValue)), ("state", isCleared ? "cleared" : "raised"),
      ("since", JSONValue(since)), ("seen", .string(seen)),
    ]
    if !isCleared { line += [("means", .string(kind.meaning)), ("change", .string(kind.remedy))] }
    return .object(JSONObject(line))
  }

  /// What a terminal shows.
  public var text: String {
    isCleared
      ? "step \(step): \(kind.rawValue) is over: \(seen)"
      : "step \(step): \(kind.rawValue) since step \(since): \(seen). \(kind.meaning) \(kind.remedy)"
  }
}
