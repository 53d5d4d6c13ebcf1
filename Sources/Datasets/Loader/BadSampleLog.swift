import Files
import JSON

/// Counts the samples that could not be used, names each of them once in a file, and says when there are too many.
///
/// Once is once in a run, however often that is resumed: what the file has already is read before it grows.
struct BadSampleLog {
  /// How many there were, every time counted.
  private(set) var count = 0
  private var countThisEpoch = 0
  private var epoch = 0
  private var first: BadSample?
  private var listed = Set<String>()
  private var list: JSONLinesFile?
  private let path: String?
  private let share: Double
  private let epochLength: Int

  /// - Parameters:
  ///   - path: `bad-samples.jsonl`; nil keeps no list.
  ///   - share: how much of an epoch may be bad.
  init(path: String?, share: Double, epochLength: Int) {
    self.path = path
    self.share = share
    self.epochLength = epochLength
  }

  private var limit: Int { Int((share * Double(epochLength)).rounded(.down)) }

  /// Notes a bad sample; throws when there are too many in its epoch.
  mutating func note(_ problem: BadSample, at place: Place, epoch: Int) throws {
    if epoch != self.epoch {
      self.epoch = epoch
      countThisEpoch = 0
    }
    count += 1
    countThisEpoch += 1
    if first == nil { first = problem }
    try write(problem, at: place)
    if countThisEpoch > limit {
      throw TooManyBadSamples(
        bad: countThisEpoch, samples: epochLength, share: share, isAll: false, first: first ?? problem, list: path)
    }
  }

  private mutating func write(_ problem: BadSample, at place: Place) throws {
    guard let path else { return }
    let line: JSONValue = [
      "file": .string(problem.file), "reason": .string(problem.reason), "set": JSONValue(place.set),
      "index": JSONValue(place.index),
    ]
    let file = try list ?? JSONLinesFile(path)
    if list == nil { listed = try Set(readLines(path).compactMap { try? Self.key(JSONValue(parsing: $0)) }) }
    list = file
    if listed.insert(Self.key(line)).inserted { try file.append(line) }
  }

  /// What makes a line the same as another: the sample, whatever is wrong with it now.
  private static func key(_ line: JSONValue) -> String {
    ([line["file"] ?? .null, line["set"] ?? .null, line["index"] ?? .null] as JSONValue).text()
  }

  /// The error that nothing was usable so far.
  func nothingUsable(after draws: Int) -> TooManyBadSamples {
    TooManyBadSamples(
      bad: draws, samples: draws, share: share, isAll: true, first: first ?? BadSample("", "unknown"), list: path)
  }
}

/// A run is stopped because its data are mostly, or altogether, unusable.
public struct TooManyBadSamples: UserError, Equatable {
  /// How many samples could not be used.
  public let bad: Int
  /// Of how many.
  public let samples: Int
  /// How much is allowed (`max_bad`).
  public let share: Double
  /// Whether not one was usable.
  public let isAll: Bool
  /// The first of them.
  public let first: BadSample
  /// Where all of them are listed.
  public let list: String?

  /// The line for people.
  public var description: String {
    let whereabouts = list.map { "; all are listed in \($0)" } ?? ""
    if isAll { return "none of the first \(samples) samples can be used; the first: \(first)\(whereabouts)" }
    let percent = Double(Int((share * 1000).rounded())) / 10
    return
      "\(plural(bad, "sample")) of \(samples) cannot be used, more than the \(percent) % that max_bad allows; the first: "
      + "\(first)\(whereabouts)"
  }
}
