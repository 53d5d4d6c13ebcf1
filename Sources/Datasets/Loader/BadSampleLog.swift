import Files
import Glibc
import JSON

/// Counts the samples that could not be used, names each of them once in a file, and says when there are too many.
struct BadSampleLog {
  /// How many there were, every time counted.
  private(set) var count = 0
  private var countThisEpoch = 0
  private var epoch = 0
  private var first: BadSample?
  private var listed = Set<[Int]>()
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
    if let path, listed.insert([place.set, place.index]).inserted {
      let line: JSONValue = [
        "file": .string(problem.file), "reason": .string(problem.reason), "set": JSONValue(place.set),
        "index": JSONValue(place.index),
      ]
      try append(line.text() + "\n", to: path)
    }
    if countThisEpoch > limit {
      throw TooManyBadSamples(
        bad: countThisEpoch, samples: epochLength, share: share, isAll: false, first: first ?? problem, list: path)
    }
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

private func append(_ line: String, to path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw FileError("write", path) }
  defer { close(descriptor) }
  var line = line
  let isWritten = line.withUTF8 { write(descriptor, $0.baseAddress, $0.count) == $0.count }
  guard isWritten else { throw FileError("write", path) }
}
