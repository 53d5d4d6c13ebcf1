import Files
import Tensors

/// Where a sample stands: in which set, where in it, and how often the set has been gone through before.
public struct Place: Sendable, Hashable {
  /// The number of the set among those of the loader.
  public let set: Int
  /// The index in the set.
  public let index: Int
  /// The set's own epoch, counted from 0.
  public let epoch: Int

  /// A place.
  public init(set: Int, index: Int, epoch: Int) {
    self.set = set
    self.index = index
    self.epoch = epoch
  }
}

/// What there is to prepare a sample from.
public struct Draw: Sendable {
  /// The sample.
  public let sample: Sample
  /// Where it stands.
  public let place: Place
  /// The random numbers of this sample in this epoch.
  public let generator: Generator

  /// What there is to prepare a sample from.
  public init(sample: Sample, place: Place, generator: Generator) {
    self.sample = sample
    self.place = place
    self.generator = generator
  }
}

/// How a loader goes through its sets.
public struct LoaderOptions: Sendable {
  /// Samples in a batch.
  public var batchSize: Int
  /// Decides the order, and all that happens to the samples by chance.
  public var seed: UInt64 = 0
  /// Whether the order is random. Evaluation wants that of the set.
  public var shuffles = true
  /// After how many epochs the loader ends; nil goes on for ever.
  public var epochs: Int?
  /// Whether the last, smaller batch of an epoch is given too.
  public var keepsRemainder = false
  /// How many threads prepare samples.
  public var threads = 2
  /// How many batches are prepared ahead.
  public var ahead = 2
  /// How much of an epoch may be unusable.
  public var maxBad = 0.05
  /// Where unusable samples are listed, a line of JSON each.
  public var badSamplesFile: String?
  /// The size of the windows in which archives are shuffled.
  public var window = 8192
  /// Asked while a batch is waited for: whether nobody wants it any more.
  public var isStopped: @Sendable () -> Bool = { false }
  /// How many samples were drawn before: ``Loader/Batch/position`` of the last batch that counted.
  public var position = 0

  /// The defaults of training.
  public init(batchSize: Int) { self.batchSize = batchSize }
}

/// Draws samples, prepares them on its own threads ahead of the trainer, and hands them out in batches.
///
/// What comes, and in which order, depends on the sets, their weights, the seed and nothing else. An epoch is as many
/// draws as the sets have samples together; with one set, each sample comes exactly once in each, and what does not fill
/// a batch at its end is dropped. Samples that cannot be used are left out, counted and listed.
public final class Loader<Prepared: Sendable> {
  /// A set, and how often it is drawn from in comparison with the others.
  public struct Source: Sendable {
    let set: any DataSet
    let weight: Double

    /// A set; without a weight, it is drawn from in proportion to its size.
    public init(_ set: any DataSet, weight: Double? = nil) {
      self.set = set
      self.weight = weight ?? Double(set.count)
    }
  }

  /// Samples that are ready for a step.
  public struct Batch: Sendable {
    /// What the loader's closure made of the samples, in the order of the shuffle.
    public let items: [Prepared]
    /// Where each of them comes from.
    public let places: [Place]
    /// How many samples have been drawn up to the end of this batch, bad ones included. A loader that starts there goes on
    /// with what would have come next.
    public let position: Int
    /// Seconds that were spent waiting for this batch: near zero unless the data are the bottleneck.
    public let waited: Double
  }

  private enum Outcome: Sendable {
    case good(Prepared, Place)
    case bad(BadSample, Place)
  }

  private let options: LoaderOptions
  private let conveyor: Conveyor<Outcome>
  private var log: BadSampleLog
  private var drawn: Int
  private var lastYield: Int
  /// Whether any sample could be used; before a position that a batch ended at, some could.
  private var hasSeenGood: Bool
  private let isInterleaved: Bool
  /// The draws in an epoch.
  public let epochLength: Int

  /// Starts preparing at once.
  ///
  /// `prepare`: decodes, augments and tokenizes one sample; what it throws makes the sample a bad one. It runs
  /// on several threads, and all its chances must come from the draw's generator.
  public init(
    _ sources: [Source], _ options: LoaderOptions, prepare: @escaping @Sendable (Draw) throws -> Prepared
  ) throws {
    guard !sources.isEmpty else { throw LoaderError.noSets }
    guard sources.allSatisfy({ $0.set.count > 0 }) else { throw LoaderError.emptySet }
    guard sources.allSatisfy({ $0.weight > 0 && $0.weight.isFinite }) else { throw LoaderError.badWeight }
    guard options.batchSize > 0, options.position >= 0, options.window > 0, (0...1).contains(options.maxBad) else {
      fatalError("Loader: impossible options \(options)")
    }
    let epochLength = sources.reduce(0) { $0 + $1.set.count }
    guard options.keepsRemainder || options.batchSize <= epochLength else {
      throw LoaderError.batchLargerThanSet(batch: options.batchSize, samples: epochLength)
    }
    self.options = options
    self.epochLength = epochLength
    isInterleaved = sources.count > 1
    drawn = options.position
    lastYield = options.position
    hasSeenGood = options.position > 0
    log = BadSampleLog(path: options.badSamplesFile, share: options.maxBad, epochLength: epochLength)
    let end = options.epochs.map { $0 * epochLength } ?? .max
    let schedule = Schedule(sources.map(\.set), weights: sources.map(\.weight), options)
    conveyor = Conveyor(
      min(options.position, end)..<end, threads: options.threads,
      capacity: options.batchSize * max(1, options.ahead) + options.threads
    ) { slot in
      let (set, place, generator) = schedule[slot]
      var id = "set \(place.set), sample \(place.index)"
      do {
        let sample = try set.sample(at: place.index)
        id = sample.id
        return .good(try prepare(Draw(sample: sample, place: place, generator: generator)), place)
      } catch {
        return .bad(BadSample(id, because: error), place)
      }
    }
  }

  /// The number of samples that could not be used so far.
  public var badSamples: Int { log.count }

  /// The next batch, or nil after the last epoch. It is nil too where the options say that nobody wants it any more: what was
  /// drawn for it counts as not drawn, and nothing comes after.
  public func next() throws -> Batch? {
    var items = [Prepared](), places = [Place]()
    items.reserveCapacity(options.batchSize)
    var waited = 0.0
    func batch() -> Batch {
      lastYield = drawn
      return Batch(items: items, places: places, position: drawn, waited: waited)
    }
    while let (outcome, pause) = conveyor.next(unless: options.isStopped) {
      drawn += 1
      waited += pause
      switch outcome {
      case .good(let item, let place):
        hasSeenGood = true
        items.append(item)
        places.append(place)
      case .bad(let problem, let place):
        try log.note(problem, at: place, epoch: (drawn - 1) / epochLength)
        // In random order, so many misses in a row are no accident.
        if !hasSeenGood, options.shuffles, log.count >= min(256, epochLength) {
          throw log.nothingUsable(after: log.count)
        }
      }
      if items.count == options.batchSize { return batch() }
      if drawn % epochLength == 0 {
        guard hasSeenGood else { throw log.nothingUsable(after: log.count) }
        if options.keepsRemainder, !items.isEmpty { return batch() }
        // Interleaved sets have no common end, so a batch may go on.
        if isInterleaved { continue }
        // Else the trainer would wait for a batch that never comes.
        guard drawn - lastYield < epochLength else {
          throw LoaderError.batchLargerThanSet(batch: options.batchSize, samples: items.count)
        }
        items.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
      }
    }
    return nil
  }
}

/// Why a loader cannot even start.
public enum LoaderError: UserError, Equatable {
  /// No set was given.
  case noSets
  /// A set without samples.
  case emptySet
  /// A weight that is not a positive number.
  case badWeight
  /// No batch would ever be full.
  case batchLargerThanSet(batch: Int, samples: Int)

  /// The line for people.
  public var description: String {
    switch self {
    case .noSets: "no data set was named"
    case .emptySet: "the data set is empty"
    case .badWeight: "the weight of a data set must be a number above zero"
    case .batchLargerThanSet(let batch, let samples):
      "a batch of \(batch) is larger than the \(plural(samples, "usable sample")) of an epoch; make batch_size smaller"
    }
  }
}
