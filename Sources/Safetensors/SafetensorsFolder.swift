import Files
import JSON

/// The weights of a model: one safetensors file, or several with an index that says what lies where.
public struct SafetensorsFolder: Sendable {
  /// The file or index that was opened.
  public let path: String
  /// All tensors, file by file.
  public let tensors: [TensorLayout]
  private let files: [SafetensorsFile]
  private let fileOfTensor: [[UInt8]: Int]

  /// File names that a folder is searched for, in this order.
  public static let names = [
    "model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors",
    "open_clip_model.safetensors.index.json",
  ]

  /// Opens the weights at a path: a safetensors file, an index (`….index.json`) or a folder that holds one of them.
  public init(_ path: String) throws {
    if kind(of: path) == .folder {
      guard let name = Self.names.first(where: { Files.kind(of: join(path, $0)) == .file }) else {
        throw Self.nothingFound(in: path)
      }
      try self.init(join(path, name))
    } else if path.utf8.suffix(11).elementsEqual(".index.json".utf8) {
      try self.init(index: path)
    } else {
      self.init(single: try SafetensorsFile(path))
    }
  }

  private init(single file: SafetensorsFile) {
    path = file.path
    tensors = file.tensors
    files = [file]
    fileOfTensor = Dictionary(file.tensors.map { (Array($0.name.utf8), 0) }, uniquingKeysWith: { a, _ in a })
  }

  private init(index path: String) throws {
    self.path = path
    let fields = try JSONFields(JSONValue(file: path, limit: SafetensorsHeader.limit), source: path)
    guard let map = try fields.take("weight_map", as: JSONValue.self).object else {
      throw SafetensorsError(path, "its weight_map is not an object")
    }
    var numbers = [String: Int]()
    var opened = [SafetensorsFile]()
    var places = [[UInt8]: Int]()
    for member in map.members {
      guard let name = member.value.string, !name.utf8.contains(UInt8(ascii: "/")) else {
        throw SafetensorsError(path, "tensor \(member.key) is not mapped to a file beside it")
      }
      if numbers[name] == nil {
        numbers[name] = opened.count
        opened.append(try SafetensorsFile(join(parentFolder(path), name)))
      }
      let number = numbers[name] ?? 0
      guard opened[number].tensor(member.key) != nil else {
        throw SafetensorsError(
          opened[number].path, "has no tensor \(member.key), which \(fileName(path)) looks for there")
      }
      places[Array(member.key.utf8)] = number
    }
    for (number, file) in opened.enumerated() {
      for tensor in file.tensors where places[Array(tensor.name.utf8)] != number {
        throw SafetensorsError(file.path, "has a tensor \(tensor.name) that \(fileName(path)) does not put there")
      }
    }
    files = opened
    fileOfTensor = places
    tensors = opened.flatMap(\.tensors)
  }

  private static func nothingFound(in folder: String) -> SafetensorsError {
    let pickles = ["pytorch_model.bin", "open_clip_pytorch_model.bin", "model.pt", "pytorch_model.pt"]
    if let pickle = pickles.first(where: { Files.kind(of: join(folder, $0)) == .file }) {
      return .pickle(join(folder, pickle))
    }
    return SafetensorsError(folder, "holds no weights; looked for \(names.joined(separator: ", "))")
  }

  /// The layout of a tensor, if it is there.
  public func tensor(_ name: String) -> TensorLayout? {
    fileOfTensor[Array(name.utf8)].flatMap { files[$0].tensor(name) }
  }

  /// The file that holds a tensor, or an error that names it.
  public func file(of name: String) throws -> SafetensorsFile {
    guard let number = fileOfTensor[Array(name.utf8)] else { throw SafetensorsError(path, "has no tensor \(name)") }
    return files[number]
  }

  /// Fills a buffer with the elements of a tensor, converted to single precision.
  public func read(_ name: String, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    try file(of: name).read(name, into: buffer)
  }

  /// The elements of a tensor, converted to single precision.
  public func floats(_ name: String) throws -> [Float] { try file(of: name).floats(name) }
}
