import Datasets
import Files
import Images
import Tensors

/// A sample on its way into a model.
package struct PreparedSample: Sendable {
  /// The file, or what else names the sample.
  package let path: String
  /// What tells the picture from others; nil for a sample without one.
  package let content: ContentHash?
  /// A small copy, as a JPEG file, of a picture that has no file of its own.
  package let thumbnail: [UInt8]
  /// What the model sees of the picture.
  package let values: [Float]
  /// Its captions.
  package let captions: [String]
  /// Its class.
  package let label: Int?
}

/// Reads the samples of a set in order, some at a time. Files are read and decoded and pictures prepared on threads of
/// their own, while the caller is busy with the samples before.
package struct PictureStream {
  /// What is done to pictures before the model sees them.
  package var decoding = DecodeOptions()
  /// Samples at a time.
  package var batch = 32
  /// Threads that read, decode and prepare.
  package var threads = ThreadPool.current.threads
  /// Whether small copies are made of pictures without files.
  package var makesThumbnails = false

  private enum Outcome: Sendable {
    case good(PreparedSample)
    case bad(BadSample)
  }

  /// A stream.
  package init() {}

  /// Calls `body` with the samples, and returns those that could not be used.
  package func forEach(
    of set: any DataSet, for embedder: some Embedder, _ body: ([PreparedSample]) throws -> Void
  ) throws -> [BadSample] {
    guard set.count > 0 else { return [] }
    var options = LoaderOptions(batchSize: min(batch, set.count))
    options.shuffles = false
    options.epochs = 1
    options.keepsRemainder = true
    options.threads = threads
    options.maxBad = 1
    let (decoding, makesThumbnails) = (decoding, makesThumbnails)
    let loader = try Loader<Outcome>([Loader.Source(AllGood(samples: set))], options) { draw in
      var id = "sample \(draw.place.index)"
      do {
        let sample = try set.sample(at: draw.place.index)
        id = sample.id
        return .good(try Self.prepare(sample, for: embedder, decoding, makesThumbnails: makesThumbnails))
      } catch {
        return .bad(BadSample(id, because: error))
      }
    }
    var bad: [BadSample] = []
    while let items = try loader.next()?.items {
      var good: [PreparedSample] = []
      for item in items {
        switch item {
        case .good(let sample): good.append(sample)
        case .bad(let problem): bad.append(problem)
        }
      }
      if !good.isEmpty { try body(good) }
    }
    return bad
  }

  /// Samples that always can be drawn, as what is wrong with them is noticed later.
  private struct AllGood: DataSet {
    let samples: any DataSet
    var count: Int { samples.count }
    func sample(at index: Int) -> Sample { Sample(id: "") }
  }

  private static func prepare(
    _ sample: Sample, for embedder: some Embedder, _ decoding: DecodeOptions, makesThumbnails: Bool
  ) throws -> PreparedSample {
    func prepared(_ path: String, _ content: ContentHash?, _ image: Image?, thumbnail: [UInt8] = []) -> PreparedSample {
      PreparedSample(
        path: path, content: content, thumbnail: thumbnail, values: image.map(embedder.prepare) ?? [],
        captions: sample.captions, label: sample.label)
    }
    func reduced(_ image: Image) throws -> [UInt8] { makesThumbnails ? try Thumbnail.jpeg(of: image) : [] }
    switch sample.picture {
    case nil: return prepared(sample.id, nil, nil)
    case .drawn(let image):
      return prepared(sample.id, ContentHash(of: image.pixels), image, thumbnail: try reduced(image))
    case .encoded(let bytes):
      let image = try decodeImage(bytes, name: sample.id, options: decoding)
      return prepared(sample.id, ContentHash(of: bytes), image, thumbnail: try reduced(image))
    case .file(let path):
      do {
        let bytes = try readPictureBytes(path, options: decoding)
        return prepared(path, ContentHash(of: bytes), try decodeImage(bytes, name: path, options: decoding))
      } catch {
        throw BadSample(path, because: error)
      }
    }
  }
}
