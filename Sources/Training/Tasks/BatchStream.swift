import Datasets
import Images
import Objectives
import Retrieval
import Tensors

/// The batches of a task, prepared ahead by a ``Loader``; the type of its samples ends here.
struct BatchStream {
  /// A batch and what the run has to know of it.
  struct Step {
    /// How many samples the batch has.
    let count: Int
    /// Some of its samples put together; the same each time.
    let batch: (Range<Int>) throws -> Batch
    /// What tells their pictures apart, whatever augmentation makes of them: equal numbers are equal files or pixels.
    let pictures: [Int]
    /// Samples drawn so far, bad ones included.
    let position: Int
    /// Seconds that were spent waiting.
    let waited: Double
  }

  /// The samples of an epoch.
  let epochLength: Int
  /// The next batch, or `nil` at the end of the data.
  let next: () throws -> Step?
  /// How many samples could not be used so far, every time counted.
  let badSamples: () -> Int

  /// - Parameters:
  ///   - decoding: how pictures are read.
  ///   - keepsSamples: whether the samples of a batch stay in memory while the step works on it. If not, each is prepared
  ///     again whenever a part of the batch needs it.
  init(
    _ preparation: some SamplePreparation, _ data: any DataSet, _ options: LoaderOptions, decoding: DecodeOptions,
    keepsSamples: Bool
  ) throws {
    if keepsSamples {
      let loader = try Loader([.init(data)], options) { draw in
        let draw = try draw.loaded(decoding)
        return (item: try preparation(draw), picture: draw.sample.pictureNumber)
      }
      epochLength = loader.epochLength
      badSamples = { loader.badSamples }
      next = {
        try loader.next().map { drawn in
          Step(
            count: drawn.items.count, batch: { preparation.batch(drawn.items[$0].map { $0.item }) },
            pictures: drawn.items.map { $0.picture }, position: drawn.position, waited: drawn.waited)
        }
      }
    } else {
      let loader = try Loader([.init(data)], options) { draw in
        let draw = try draw.loaded(decoding)
        // Bad samples are found now, so that a batch is full.
        _ = try preparation(draw)
        return (place: draw.place, generator: draw.generator, picture: draw.sample.pictureNumber)
      }
      epochLength = loader.epochLength
      badSamples = { loader.badSamples }
      next = {
        try loader.next().map { drawn in
          Step(
            count: drawn.items.count,
            batch: { range in
              preparation.batch(
                try parallelMap(range) { i in
                  let (place, generator, _) = drawn.items[i]
                  return try preparation(Draw(sample: data.sample(at: place.index), place: place, generator: generator))
                })
            }, pictures: drawn.items.map { $0.picture }, position: drawn.position, waited: drawn.waited)
        }
      }
    }
  }
}

extension Draw {
  /// The same with its picture's file read, once for all that is asked of it.
  fileprivate func loaded(_ options: DecodeOptions) throws -> Draw {
    guard case .file? = sample.picture, let bytes = try sample.picture?.encodedBytes(options: options) else {
      return self
    }
    var sample = sample
    sample.picture = .encoded(bytes)
    return Draw(sample: sample, place: place, generator: generator)
  }
}

extension Sample {
  /// What tells the picture from others, once its file is read.
  fileprivate var pictureNumber: Int {
    switch picture {
    case .encoded(let bytes): Int(truncatingIfNeeded: ContentHash(of: bytes).low)
    case .drawn(let image): Int(truncatingIfNeeded: ContentHash(of: image.pixels).low)
    case .file, nil: 0
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
