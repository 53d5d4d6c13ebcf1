import Datasets
import Objectives
import Tensors

/// The batches of a task, prepared ahead by a ``Loader``; the type of its samples ends here.
struct BatchStream {
  /// A batch and what the run has to know of it.
  struct Step {
    /// How many samples the batch has.
    let count: Int
    /// Some of its samples put together; the same each time.
    let batch: (Range<Int>) throws -> Batch
    /// Samples drawn so far, bad ones included.
    let position: Int
    /// Seconds that were spent waiting.
    let waited: Double
  }

  /// The samples of an epoch.
  let epochLength: Int
  /// The next batch, or `nil` at the end of the data.
  let next: () throws -> Step?

  /// - Parameter keepsSamples: whether the samples of a batch stay in memory while the step works on it. If not, each is
  ///   prepared again whenever a part of the batch needs it.
  init(
    _ preparation: some SamplePreparation, _ data: any DataSet, _ options: LoaderOptions, keepsSamples: Bool
  ) throws {
    if keepsSamples {
      let loader = try Loader([.init(data)], options) { try preparation($0) }
      epochLength = loader.epochLength
      next = {
        try loader.next().map { drawn in
          Step(
            count: drawn.items.count, batch: { preparation.batch(Array(drawn.items[$0])) }, position: drawn.position,
            waited: drawn.waited)
        }
      }
    } else {
      let loader = try Loader([.init(data)], options) { draw in
        // Bad samples are found now, so that a batch is full.
        _ = try preparation(draw)
        return (place: draw.place, generator: draw.generator)
      }
      epochLength = loader.epochLength
      next = {
        try loader.next().map { drawn in
          Step(
            count: drawn.items.count,
            batch: { range in
              preparation.batch(
                try parallelMap(range) { i in
                  let (place, generator) = drawn.items[i]
                  return try preparation(Draw(sample: data.sample(at: place.index), place: place, generator: generator))
                })
            }, position: drawn.position, waited: drawn.waited)
        }
      }
    }
  }
}

/// The results of a function that may fail, on all threads; the first error if there is one.
private func parallelMap<Value: Sendable>(
  _ range: Range<Int>, _ body: @Sendable (Int) throws -> Value
) throws -> [Value] {
  var results = [Result<Value, any Error>?](repeating: nil, count: range.count)
  results.withUnsafeMutableBufferPointer { buffer in
    nonisolated(unsafe) let buffer = buffer
    parallelFor(range.count, grain: 1) { part in
      for i in part { buffer[i] = Result { try body(range.lowerBound + i) } }
    }
  }
  return try results.compactMap { try $0?.get() }
}
