import Files
import JSON

/// WebDataset's tar archives (github.com/webdataset/webdataset): neighbouring members that share a name up to the first
/// dot are one sample, `000123.jpg` with `000123.txt`.
///
/// The archives are indexed when the set is opened, by reading their headers; members are read when they are asked for.
/// Nothing is ever unpacked. Members: a picture (`jpg`, `jpeg`, `png`), a caption (`txt`, `text`, `caption`), a class
/// (`cls`), and `json`, whose keys `caption` or `captions` (a list) count where there is no caption member.
public struct TarShards: DataSet {
  fileprivate struct Entry: Sendable {
    var shard: Int
    var key: String
    var picture: TarIndex.Member?
    var caption: TarIndex.Member?
    var label: TarIndex.Member?
    var metadata: TarIndex.Member?
    var problem: BadSample?
  }

  private let files: [RegularFile]
  private let entries: [Entry]
  /// The samples of each archive.
  public let runs: [Range<Int>]
  /// What the numbers in `cls` members mean.
  public let classNames: [String]

  /// Opens archives.
  ///
  /// `pattern`: a path with braces (`train-{000..127}.tar`), several joined with `::`. Paths are local files;
  ///   `pipe:` and addresses on a network are refused.
  public init(_ pattern: String, classNames: [String] = []) throws {
    self.classNames = classNames
    let paths = try pattern.split(separator: "::").flatMap { try expandBraces(String($0)) }
    guard !paths.isEmpty else { throw DataError(pattern, "no archive is named") }
    var files = [RegularFile]()
    var entries = [Entry]()
    var runs = [Range<Int>]()
    for path in paths {
      if path.utf8.starts(with: "pipe:".utf8) {
        throw DataError(path, "commands are not run from a data set's name; store the archive as a file")
      }
      if path.contains("://") { throw DataError(path, "only local files are read; download the archive first") }
      let file = try RegularFile(path)
      let start = entries.count
      if try file.read(at: 0, count: 2) == [0x1F, 0x8B] {
        throw DataError(path, "a compressed archive cannot be read in any order; decompress it with `gunzip`")
      }
      Self.collect(try TarIndex(path), of: path, shard: files.count, into: &entries)
      files.append(file)
      runs.append(start..<entries.count)
    }
    guard !entries.isEmpty else { throw DataError(pattern, "there are no samples in the archives") }
    self.files = files
    self.entries = entries
    self.runs = runs.filter { !$0.isEmpty }
  }

  private static func collect(_ index: TarIndex, of path: String, shard: Int, into entries: inout [Entry]) {
    var open: Entry?
    for member in index.members {
      // WebDataset's own rule: the key ends at the first dot of the last part of the name.
      let folder = member.name.utf8.lastIndex(of: UInt8(ascii: "/")).map { member.name.utf8.index(after: $0) }
      let base = member.name[(folder ?? member.name.startIndex)...]
      guard let dot = base.utf8.firstIndex(of: UInt8(ascii: ".")), dot != base.startIndex else { continue }
      let key = String(member.name[..<dot])
      if open?.key != key {
        if let open { entries.append(open) }
        open = Entry(shard: shard, key: key)
      }
      open?.place(member, ending: base[base.utf8.index(after: dot)...].lowercased(), path: path)
    }
    if let open { entries.append(open) }
    for problem in index.problems {
      entries.append(Entry(shard: shard, key: problem.file, problem: problem))
    }
  }

  /// Complete samples, and broken members.
  public var count: Int { entries.count }

  /// Reads the members of a sample.
  public func sample(at index: Int) throws -> Sample {
    let entry = entries[index]
    if let problem = entry.problem { throw problem }
    let file = files[entry.shard]
    let id = "\(file.path):\(entry.key)"
    func bytes(_ member: TarIndex.Member) throws -> [UInt8] {
      let content = try file.read(at: member.offset, count: member.size)
      guard content.count == member.size else { throw BadSample(id, "the archive has shrunk since it was opened") }
      return content
    }
    func text(_ member: TarIndex.Member) throws -> String {
      guard let text = String(validating: try bytes(member), as: UTF8.self) else {
        throw BadSample("\(file.path):\(member.name)", "not valid UTF-8")
      }
      return text
    }
    var sample = Sample(id: id)
    sample.picture = try entry.picture.map { .encoded(try bytes($0)) }
    if let member = entry.caption {
      sample.captions = [trimmed(try text(member))]
    } else if let member = entry.metadata {
      let json = try JSONValue(parsing: bytes(member), source: "\(file.path):\(member.name)")
      let several = json["captions"]?.array?.compactMap(\.string)
      sample.captions = (several ?? json["caption"]?.string.map { [$0] } ?? []).map(trimmed)
    }
    if sample.captions.contains("") { throw BadSample(id, "the caption is empty") }
    if let member = entry.label {
      guard let label = Int(trimmed(try text(member))), label >= 0, classNames.isEmpty || label < classNames.count
      else {
        throw BadSample("\(file.path):\(member.name)", "not the number of a class")
      }
      sample.label = label
    }
    guard sample.picture != nil || !sample.captions.isEmpty else {
      throw BadSample(id, "neither a picture (jpg, png) nor a caption (txt, json)")
    }
    return sample
  }
}

extension TarShards.Entry {
  /// Notes a member by the ending of its name; others are none of our business.
  mutating func place(_ member: TarIndex.Member, ending: String, path: String) {
    let role: WritableKeyPath<Self, TarIndex.Member?>
    switch ending {
    case "jpg", "jpeg", "png": role = \.picture
    case "txt", "text", "caption": role = \.caption
    case "cls": role = \.label
    case "json": role = \.metadata
    default: return
    }
    if self[keyPath: role] != nil {
      problem = BadSample("\(path):\(key)", "two members of the kind `\(ending)`")
    } else {
      self[keyPath: role] = member
    }
  }
}
