import Files
import JSON

/// What stands at the beginning of a safetensors file: eight bytes of length, then JSON.
///
/// Everything that the format asks for is checked here, so that reading a tensor later cannot leave the file: the
/// tensors' bytes cover the rest of the file without hole or overlap, and each range is as long as its shape says.
struct SafetensorsHeader {
  /// A tensor and where its bytes begin in the file.
  struct Entry: Sendable {
    let layout: TensorLayout
    let offset: Int
  }

  var entries: [Entry] = []
  var metadata: [(key: String, value: String)] = []

  /// The format's own bound.
  static let limit = 100_000_000

  init(of file: RandomAccessFile) throws {
    let path = file.path
    func damaged(_ problem: String) -> SafetensorsError { .damaged(path, problem) }

    let start = try file.read(at: 0, count: min(9, file.size))
    let pointer = Array("version https://git-lfs".utf8)
    if start.starts(with: pointer.prefix(9)), file.size < 1024,
      try file.read(at: 0, count: file.size).starts(with: pointer)
    {
      throw SafetensorsError.pointer(path)
    }
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) || (start.first == 0x80 && start.dropFirst().first ?? 9 <= 5) {
      let isLength = start.count == 9 && start[8] == UInt8(ascii: "{") && start[7] == 0
      guard isLength else { throw SafetensorsError.pickle(path) }
    }
    guard start.count == 9 else { throw damaged("it has only \(file.size) bytes") }
    let length = start[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Self.limit else { throw damaged("its header would have \(length) bytes") }
    guard length <= file.size - 8 else { throw damaged("its header of \(length) bytes goes beyond the end") }
    guard length >= 2, start[8] == UInt8(ascii: "{") else { throw damaged("its header is not JSON") }

    let header = try JSONValue(parsing: file.read(at: 8, count: Int(length)), source: path, depth: 8)
    guard case .object(let object) = header else { throw damaged("its header is not an object") }
    let base = 8 + Int(length)
    for member in object.members {
      let node = JSONNode(member.value, path: member.key, source: path)
      if member.key == "__metadata__" {
        guard let pairs = member.value.object else { throw damaged("__metadata__ is not an object") }
        metadata = try pairs.members.map { pair in
          guard let text = pair.value.string else { throw damaged("__metadata__ holds \(pair.value.kind)") }
          return (pair.key, text)
        }
      } else {
        entries.append(try Self.entry(node, base: base))
      }
    }
    try checkCover(path, base: base, size: file.size)
  }

  private static func entry(_ node: JSONNode, base: Int) throws -> Entry {
    func damaged(_ problem: String) -> SafetensorsError { .damaged(node.source, "tensor \(node.path): \(problem)") }
    let fields = try JSONFields(node)
    let typeName: String = try fields.take("dtype")
    guard let type = ElementType(rawValue: typeName) else {
      let known = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw SafetensorsError(
        node.source, "tensor \(node.path) is of type \(typeName); known are \(known): take the weights in one of these")
    }
    let shape: [Int] = try fields.take("shape")
    let offsets: [Int] = try fields.take("data_offsets")
    try fields.finish()

    // With a zero among the extents the others may be anything, and their product may still not overflow.
    var bytes = type.size
    for extent in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { throw damaged("a shape of \(shape)") }
      bytes = product
    }
    guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0] else {
      throw damaged("data_offsets of \(offsets)")
    }
    guard offsets[1] - offsets[0] == bytes else {
      throw damaged("its shape \(shape) needs \(bytes) bytes, its data_offsets give it \(offsets[1] - offsets[0])")
    }
    let (offset, overflow) = base.addingReportingOverflow(offsets[0])
    guard !overflow, !offset.addingReportingOverflow(bytes).overflow else {
      throw damaged("data_offsets of \(offsets)")
    }
    return Entry(layout: TensorLayout(node.path, type, shape), offset: offset)
  }

  private func checkCover(_ path: String, base: Int, size: Int) throws {
    var end = base
    let inOrder = entries.sorted { ($0.offset, $0.layout.byteCount) < ($1.offset, $1.layout.byteCount) }
    for entry in inOrder {
      guard entry.offset == end else {
        let what = entry.offset < end ? "overlaps the one before it" : "leaves a hole before it"
        throw SafetensorsError.damaged(path, "tensor \(entry.layout.name) \(what)")
      }
      end += entry.layout.byteCount
    }
    if end > size { throw SafetensorsError.damaged(path, "\(end - size) bytes are missing at its end; copy it again") }
    if end < size { throw SafetensorsError.damaged(path, "\(size - end) bytes follow its last tensor") }
  }
}
