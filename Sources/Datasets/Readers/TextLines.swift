import Files

/// A caption a line and no pictures: for tokenizers and for the text side alone.
public struct TextLines: DataSet {
  private let path: String
  private let lines: [String]

  /// Reads a text file.
  public init(_ path: String) throws {
    self.path = path
    lines = try readLines(path, limit: 1 << 32)
    guard !lines.isEmpty else { throw DataError(path, "the file is empty") }
  }

  /// How many lines there are.
  public var count: Int { lines.count }

  /// A line; an empty one is a bad sample.
  public func sample(at index: Int) throws -> Sample {
    let place = "\(path):\(index + 1)"
    guard !trimmed(lines[index]).isEmpty else { throw BadSample(place, "the caption is empty") }
    return Sample(id: place, captions: [lines[index]])
  }
}
