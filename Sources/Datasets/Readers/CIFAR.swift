import Files
import Images

/// CIFAR-10 and CIFAR-100 in their binary form (Krizhevsky, "Learning multiple layers of features from tiny images",
/// 2009): a record is one label byte (two in CIFAR-100: coarse, then fine) and three planes of 32 × 32.
public struct CIFAR: DataSet {
  /// Which of the two it is.
  public enum Kind: Sendable {
    /// One label a picture.
    case cifar10
    /// A coarse and a fine label a picture; the fine one counts.
    case cifar100

    var labelBytes: Int { self == .cifar10 ? 1 : 2 }
    var classes: Int { self == .cifar10 ? 10 : 100 }

    /// What the labels mean where no file says so: CIFAR-10's ten are the same everywhere.
    var usualNames: [String] {
      self == .cifar10
        ? ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"] : []
    }
  }

  private static let side = 32
  private let kind: Kind
  private let files: [(path: String, bytes: [UInt8], first: Int)]
  /// What the labels mean.
  public let classNames: [String]
  /// How many pictures there are.
  public let count: Int

  private var recordSize: Int { kind.labelBytes + 3 * Self.side * Self.side }

  /// Reads batches.
  ///
  /// `classNames`: where empty, the names in `batches.meta.txt` or `fine_label_names.txt` beside the files, or
  /// the usual ones of CIFAR-10.
  public init(_ paths: [String], kind: Kind, classNames: [String] = []) throws {
    self.kind = kind
    var files = [(path: String, bytes: [UInt8], first: Int)]()
    var count = 0
    let recordSize = kind.labelBytes + 3 * Self.side * Self.side
    for path in paths {
      let bytes = try readFile(path, limit: 1 << 32)
      guard !bytes.isEmpty else { throw DataError(path, "the file is empty") }
      files.append((path, bytes, count))
      // A record that was cut short keeps its place, as a bad sample.
      count += (bytes.count + recordSize - 1) / recordSize
    }
    guard let first = paths.first else { throw DataError("CIFAR", "no files are named") }
    self.files = files
    self.count = count
    let names = join(parentFolder(first), kind == .cifar10 ? "batches.meta.txt" : "fine_label_names.txt")
    if !classNames.isEmpty {
      self.classNames = classNames
    } else if Files.kind(of: names) == .file {
      self.classNames = try readLines(names).map(trimmed).filter { !$0.isEmpty }
    } else {
      self.classNames = kind.usualNames
    }
  }

  /// A picture with its label.
  public func sample(at index: Int) throws -> Sample {
    guard let file = files.last(where: { $0.first <= index }) else { fatalError("CIFAR: sample \(index) of \(count)") }
    let start = (index - file.first) * recordSize
    let id = "\(file.path):\(index - file.first)"
    guard start + recordSize <= file.bytes.count else { throw BadSample(id, "the file is cut short") }
    let label = Int(file.bytes[start + kind.labelBytes - 1])
    guard label < kind.classes else { throw BadSample(id, "label \(label) of \(kind.classes) classes") }
    let planes = start + kind.labelBytes
    let plane = Self.side * Self.side
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * plane) { buffer, filled in
      for i in 0..<plane {
        for channel in 0..<3 { buffer[3 * i + channel] = file.bytes[planes + channel * plane + i] }
      }
      filled = 3 * plane
    }
    return Sample(id: id, picture: .drawn(Image(width: Self.side, height: Self.side, pixels: pixels)), label: label)
  }
}
