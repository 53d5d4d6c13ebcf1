/// Pictures with captions, labels, or both, that can be fetched in any order.
///
/// A reader lists what is there when it is opened and decodes nothing. What turns out to be unusable — a row with too few
/// columns, a broken member of an archive — keeps its index, and asking for it throws a ``BadSample``: so the count is
/// exact, and the loader can say how many were skipped and why.
public protocol DataSet: Sendable {
  /// How many samples there are, the bad ones included.
  var count: Int { get }

  /// The sample at an index; the same each time.
  func sample(at index: Int) throws -> Sample

  /// The captions of the sample at an index, without its picture where that saves work.
  func captions(at index: Int) throws -> [String]

  /// The names of the classes that labels count, if there are any.
  var classNames: [String] { get }

  /// Ranges of samples that are best read one after the other, such as the shards of an archive; empty if any order is
  /// as good. Together they cover `0..<count`. A set with runs is shuffled within windows, see `EpochOrder`.
  var runs: [Range<Int>] { get }

  /// How many neighbours a shuffle keeps side by side. The shapes come in pairs of opposite relation, so that a batch
  /// holds hard negatives.
  var companions: Int { get }
}

extension DataSet {
  /// Those of the whole sample.
  public func captions(at index: Int) throws -> [String] { try sample(at: index).captions }
  /// No classes.
  public var classNames: [String] { [] }
  /// Any order is as good.
  public var runs: [Range<Int>] { [] }
  /// Every sample is on its own.
  public var companions: Int { 1 }
}
