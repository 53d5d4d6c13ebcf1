import Datasets
import Objectives

/// The batches of a task, prepared ahead by a ``Loader``; the type of its samples ends here.
struct BatchStream {
  /// A batch and what the run has to know of it.
  struct Step {
    let batch: Batch
    /// Samples drawn so far, bad ones included.
    let position: Int
    /// Seconds that were spent waiting.
    let waited: Double
  }

  /// The samples of an epoch.
  let epochLength: Int
  /// The next batch, or `nil` at the end of the data.
  let next: () throws -> Step?

  init(_ preparation: some SamplePreparation, _ data: any DataSet, _ options: LoaderOptions) throws {
    let loader = try Loader([.init(data)], options) { try preparation($0) }
    epochLength = loader.epochLength
    next = {
      try loader.next().map {
        Step(batch: preparation.batch($0.items), position: $0.position, waited: $0.waited)
      }
    }
  }
}
