import Files
import JSON

/// Pictures and captions from a CSV or TSV file with a header, as open_clip reads it.
///
/// Paths are relative to the file's folder, or to a folder of pictures. Rows with the same picture become one sample with
/// several captions, in the order of the file.
public struct CaptionTable: DataSet {
  private let captions: CaptionedFiles

  /// Which columns of the file matter.
  public struct Columns: Sendable, Equatable {
    /// The name of the column of paths.
    public var image: String
    /// The name of the column of captions.
    public var caption: String
    /// The byte between columns.
    public var separator: UInt8

    /// open_clip's defaults: `filepath` and `title`, between tabs.
    public init(image: String = "filepath", caption: String = "title", separator: UInt8 = UInt8(ascii: "\t")) {
      self.image = image
      self.caption = caption
      self.separator = separator
    }

    /// The headers of well-known files: open_clip's, Kaggle's Flickr8k and Flickr30k.
    static let wellKnown = [
      Columns(), Columns(separator: UInt8(ascii: ",")),
      Columns(image: "image", caption: "caption", separator: UInt8(ascii: ",")),
      Columns(image: "image", caption: "caption"),
      Columns(image: "image_name", caption: "comment", separator: UInt8(ascii: "|")),
    ]
  }

  /// Reads a table; where `columns` is nil, the header must be that of a well-known file.
  public init(_ path: String, images: String? = nil, columns: Columns? = nil) throws {
    let columns = try columns ?? Self.recognise(path)
    let table = try DelimitedText(path, separator: columns.separator)
    guard let header = table.rows.first else { throw DataError(path, "the file is empty") }
    let names = header.fields.map(trimmed)
    func index(of column: String) throws -> Int {
      guard let index = names.firstIndex(of: column) else {
        let near = suggestion(for: column, among: names).map { "; did you mean `\($0)`?" } ?? ""
        throw DataError(
          path, "no column `\(column)`; the header has \(names.map { "`\($0)`" }.joined(separator: ", "))\(near)")
      }
      guard names.lastIndex(of: column) == index else {
        throw DataError(path, "its header has the column `\(column)` twice; rename one of them")
      }
      return index
    }
    let image = try index(of: columns.image)
    let caption = try index(of: columns.caption)
    var builder = CaptionedFiles.Builder(list: path, images: images)
    for row in table.rows.dropFirst() {
      let place = "\(path):\(row.line)"
      guard row.fields.count == names.count else {
        builder.addBad(BadSample(place, "\(plural(row.fields.count, "column")) where the header has \(names.count)"))
        continue
      }
      builder.add(picture: trimmed(row.fields[image]), caption: row.fields[caption], place: place)
    }
    captions = try builder.finish(path)
  }

  /// The columns of a file whose header is well known.
  static func recognise(_ path: String) throws -> Columns {
    let header = try firstLine(path)
    for columns in Columns.wellKnown {
      let names = header.split(separator: columns.separator).map { trimmed(String(decoding: $0, as: UTF8.self)) }
      if names.contains(columns.image), names.contains(columns.caption) { return columns }
    }
    let words = header.split { ",\t|".utf8.contains($0) }.map { trimmed(String(decoding: $0, as: UTF8.self)) }
    let known = Set(Columns.wellKnown.flatMap { [$0.image, $0.caption] })
    let near = words.first { known.contains($0.lowercased()) && !known.contains($0) }
    throw DataError(
      path,
      "its first line names no columns known to hold pictures and captions"
        + (near.map { " (it has `\($0)`; `\($0.lowercased())` is meant?)" } ?? "")
        + "; give --image-column, --caption-column and --separator")
  }

  /// The first line of a file, without quotes.
  private static func firstLine(_ path: String) throws -> [UInt8] {
    let start = try RegularFile(path).read(at: 0, count: 1 << 16)
    let text = start.starts(with: [0xEF, 0xBB, 0xBF]) ? start.dropFirst(3) : start[...]
    return text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.filter { $0 != UInt8(ascii: "\"") }
  }

  /// Distinct pictures and bad rows.
  public var count: Int { captions.count }

  /// A picture with its captions.
  public func sample(at index: Int) throws -> Sample { try captions.sample(at: index) }
}
