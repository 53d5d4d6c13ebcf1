import Files
import Glibc

/// A TensorBoard event file of a run: a sequence of records, each with its length and two checks, that holds protocol
/// buffers of TensorFlow's `Event`.
///
/// On resume the records that a crash has torn, and those of steps that are done again, are cut off.
public final class EventFile {
  /// Where it is.
  public var path: String { file.path }
  private let file: AppendedFile
  private let crc = CRC32C()

  /// Opens the newest event file of a run's folder, or makes one.
  ///
  /// `step`: events after this step are dropped.
  public init(folder: String, resumingAfter step: Int? = nil) throws {
    let start = "events.out.tfevents."
    let old = try namesInFolder(folder).last { $0.utf8.starts(with: start.utf8) }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    file = try AppendedFile(join(folder, old ?? "\(start)\(now.tv_sec).diptych"))
    try cut(after: step ?? .max)
  }

  /// Drops the events of later steps, which are to be done again.
  public func cut(after step: Int) throws {
    try file.cut(to: EventReader.soundLength(readFile(path), upTo: step, crc))
    if file.length == 0 { try append { $0.data(3, "brain.Event:2".utf8) } }
  }

  /// Adds numbers of a step: `loss`, `health/image.rank`.
  public func add(scalars: [(name: String, value: Double)], step: Int) throws {
    try append(step: step) { summary in
      for (name, value) in scalars {
        summary.message(1) {
          $0.data(1, name.utf8)
          $0.float(2, Float(value))
        }
      }
    }
  }

  /// Adds the distribution of some numbers; those that are not finite are left out.
  public func add(histogram name: String, of values: [Float], step: Int) throws {
    let finite = values.lazy.filter(\.isFinite).map { Double($0) }
    let histogram = Histogram(Array(finite))
    try append(step: step) { summary in
      summary.message(1) {
        $0.data(1, name.utf8)
        $0.message(5, histogram.write)
      }
    }
  }

  /// Adds a picture.
  public func add(picture name: String, png: [UInt8], width: Int, height: Int, step: Int) throws {
    try append(step: step) { summary in
      summary.message(1) {
        $0.data(1, name.utf8)
        $0.message(4) { picture in
          picture.int(1, height)
          picture.int(2, width)
          picture.int(3, 3)
          picture.data(4, png)
        }
      }
    }
  }

  /// Waits until all events are on the disk.
  public func sync() throws { try file.sync() }

  private func append(step: Int, _ summary: (inout ProtobufWriter) -> Void) throws {
    try append { event in
      event.int(2, step)
      event.message(5, summary)
    }
  }

  private func append(_ content: (inout ProtobufWriter) -> Void) throws {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var event = ProtobufWriter()
    event.double(1, Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9)
    content(&event)

    var record = [UInt8]()
    record.append(littleEndian: UInt64(event.bytes.count))
    record.append(littleEndian: crc.masked(record))
    record += event.bytes
    record.append(littleEndian: crc.masked(event.bytes))
    try file.append(record)
  }
}

/// Sixty-four buckets of equal width between the smallest and the largest value.
private struct Histogram {
  let values: [Double]
  var limits: [Double] = []
  var counts: [Double] = []

  init(_ values: [Double]) {
    self.values = values
    guard let least = values.min(), let most = values.max() else { return }
    let buckets = least == most ? 1 : 64
    let width = (most - least) / Double(buckets)
    limits = (1...buckets).map { $0 == buckets ? most : least + Double($0) * width }
    counts = [Double](repeating: 0, count: buckets)
    for value in values { counts[width > 0 ? min(buckets - 1, Int((value - least) / width)) : 0] += 1 }
  }

  func write(_ message: inout ProtobufWriter) {
    message.double(1, values.min() ?? 0)
    message.double(2, values.max() ?? 0)
    message.double(3, Double(values.count))
    message.double(4, values.reduce(0, +))
    message.double(5, values.reduce(0) { $0 + $1 * $1 })
    message.doubles(6, limits)
    message.doubles(7, counts)
  }
}
