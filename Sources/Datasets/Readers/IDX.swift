import Files
import Images

/// LeCun's IDX files, in which MNIST and its relatives come, compressed with gzip or not.
public struct IDX: DataSet {
  private let path: String
  private let images: IDXArray
  private let labels: [UInt8]
  /// What the labels mean.
  public let classNames: [String]

  /// Reads a file of pictures (`train-images-idx3-ubyte.gz`) and the labels that belong to it.
  public init(images path: String, labels labelPath: String?, classNames: [String] = []) throws {
    self.path = path
    self.classNames = classNames
    images = try IDXArray(path)
    guard images.shape.count == 3 || images.shape.count == 4 && images.shape[3] == 3 else {
      throw DataError(path, "an array of shape \(images.shape), not pictures")
    }
    guard images.shape.dropFirst().allSatisfy({ $0 > 0 }), images.shape[0] > 0 else {
      throw DataError(path, "there is no picture in it")
    }
    if let labelPath {
      let array = try IDXArray(labelPath)
      guard array.shape == [images.shape[0]] else {
        throw DataError(
          labelPath, "labels of shape \(array.shape) for \(plural(images.shape[0], "picture")) in \(path)")
      }
      labels = array.bytes
    } else {
      labels = []
    }
  }

  /// How many pictures there are.
  public var count: Int { images.shape[0] }

  /// A picture, grey made RGB, with its label.
  public func sample(at index: Int) throws -> Sample {
    let id = "\(path):\(index)"
    let (height, width) = (images.shape[1], images.shape[2])
    let isGrey = images.shape.count == 3
    let size = height * width * (isGrey ? 1 : 3)
    let record = images.bytes[index * size..<(index + 1) * size]
    let label = labels.isEmpty ? nil : Int(labels[index])
    if let label, !classNames.isEmpty, label >= classNames.count {
      throw BadSample(id, "label \(label) of \(classNames.count) classes")
    }
    let pixels = isGrey ? record.flatMap { [$0, $0, $0] } : Array(record)
    return Sample(id: id, picture: .drawn(Image(width: width, height: height, pixels: pixels)), label: label)
  }
}

/// An array of bytes in IDX form: two zero bytes, the element type 8, the number of dimensions, the dimensions, the data.
struct IDXArray {
  let shape: [Int]
  let bytes: [UInt8]

  /// More than this is no data set that fits in memory.
  private static let limit = 1 << 33

  init(_ path: String) throws {
    var content = try readFile(path, limit: Self.limit)
    if Gzip.isGzip(content) {
      content = try Gzip.unpack(content, path: path, limit: Self.limit)
    }
    try self.init(content, path: path)
  }

  init(_ content: [UInt8], path: String) throws {
    guard content.count >= 4, content[0] == 0, content[1] == 0 else { throw DataError(path, "not an IDX file") }
    guard content[2] == 8 else { throw DataError(path, "its elements are not bytes (type \(content[2]))") }
    let rank = Int(content[3])
    guard (1...4).contains(rank), content.count >= 4 + 4 * rank else {
      throw DataError(path, "the header of the IDX file is damaged or cut short")
    }
    shape = (0..<rank).map { i in content[4 + 4 * i..<8 + 4 * i].reduce(0) { $0 << 8 | Int($1) } }
    var size = 1
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw DataError(path, "impossible dimensions \(shape)") }
      size = product
    }
    guard size == content.count - 4 - 4 * rank else {
      throw DataError(path, "\(content.count - 4 - 4 * rank) bytes of data where the dimensions \(shape) need \(size)")
    }
    bytes = Array(content[(4 + 4 * rank)...])
  }
}
