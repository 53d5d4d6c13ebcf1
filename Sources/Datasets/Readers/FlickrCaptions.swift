import Files

/// Flickr8k's and Flickr30k's own caption files: `NAME.jpg#0⇥A caption .`, five lines a picture.
public struct FlickrCaptions: DataSet {
  private let captions: CaptionedFiles

  /// Reads a caption file.
  ///
  /// - `images`: the folder of the pictures; nil looks beside the file.
  /// - `list`: a file with the names of a split's pictures, one a line (`Flickr_8k.testImages.txt`); nil takes all.
  public init(_ path: String, images: String? = nil, list: String? = nil) throws {
    let wanted = try list.map { Set(try readLines($0).map(trimmed).filter { !$0.isEmpty }) }
    var builder = CaptionedFiles.Builder(list: path, images: images)
    var seen = Set<String>()
    for (number, line) in try readLines(path, limit: 1 << 32).enumerated() where !trimmed(line).isEmpty {
      let place = "\(path):\(number + 1)"
      guard let tab = line.utf8.firstIndex(of: UInt8(ascii: "\t")),
        let hash = line[..<tab].utf8.lastIndex(of: UInt8(ascii: "#")),
        Int(line[line.utf8.index(after: hash)..<tab]) != nil
      else {
        builder.addBad(BadSample(place, "not of the form `PICTURE#NUMBER⇥CAPTION`"))
        continue
      }
      let name = String(line[..<hash])
      if let wanted, !wanted.contains(name) { continue }
      seen.insert(name)
      builder.add(picture: name, caption: String(line[line.utf8.index(after: tab)...]), place: place)
    }
    if let list, let wanted {
      guard !seen.isEmpty else { throw DataError(list, "none of its pictures has a caption in \(path)") }
      for name in wanted.subtracting(seen).sorted() {
        builder.addBad(BadSample("\(list): \(name)", "no caption in \(path)"))
      }
    }
    captions = try builder.finish(path)
  }

  /// Whether the first line of a file looks like this format.
  static func recognises(_ path: String) -> Bool {
    guard let start = try? RegularFile(path).read(at: 0, count: 4096) else { return false }
    let line = start.prefix { $0 != UInt8(ascii: "\n") }
    guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { return false }
    let digits = line[..<tab].reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return !digits.isEmpty && line[..<tab].dropLast(digits.count).last == UInt8(ascii: "#")
  }

  /// Distinct pictures and bad lines.
  public var count: Int { captions.count }

  /// A picture with its captions.
  public func sample(at index: Int) throws -> Sample { try captions.sample(at: index) }
}
