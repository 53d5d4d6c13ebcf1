import Files

/// A safetensors file, open for reading. Tensors are read when they are asked for, from any thread.
public final class SafetensorsFile: Sendable {
  /// Where the file is.
  public let path: String
  /// The tensors in the order of the header.
  public let tensors: [TensorLayout]
  /// The free texts that the writer put in, in order.
  public let metadata: [(key: String, value: String)]

  private let file: RandomAccessFile
  private let offsets: [[UInt8]: (index: Int, offset: Int)]

  /// Opens a file and checks its header.
  public init(_ path: String) throws {
    self.path = path
    file = try RandomAccessFile(path)
    let header = try SafetensorsHeader(of: file)
    tensors = header.entries.map(\.layout)
    metadata = header.metadata
    // By bytes: two names may be the same Swift string and yet differ.
    offsets = Dictionary(
      header.entries.enumerated().map { (Array($1.layout.name.utf8), ($0, $1.offset)) }, uniquingKeysWith: { a, _ in a }
    )
  }

  /// The layout of a tensor, if it is there.
  public func tensor(_ name: String) -> TensorLayout? {
    offsets[Array(name.utf8)].map { tensors[$0.index] }
  }

  private func locate(_ name: String) throws -> (layout: TensorLayout, offset: Int) {
    guard let place = offsets[Array(name.utf8)] else { throw SafetensorsError(path, "has no tensor \(name)") }
    return (tensors[place.index], place.offset)
  }

  /// Fills a buffer with the bytes of a tensor as they are in the file.
  public func readBytes(of name: String, into buffer: UnsafeMutableRawBufferPointer) throws {
    let (layout, offset) = try locate(name)
    guard buffer.count == layout.byteCount else {
      fatalError("readBytes: \(name) has \(layout.byteCount) bytes, the buffer \(buffer.count)")
    }
    try file.read(at: offset, into: buffer)
  }

  /// Fills a buffer with the elements of a tensor, converted to single precision.
  public func read(_ name: String, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    let (layout, offset) = try locate(name)
    guard buffer.count == layout.count else {
      fatalError("read: \(name) is \(layout.shape), the buffer has \(buffer.count) elements")
    }
    if layout.type == .f32 {
      return try file.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
    try forEachPiece(of: layout, at: offset) { first, bytes in
      widen(bytes, layout.type, into: UnsafeMutableBufferPointer(rebasing: buffer[first...]))
    }
  }

  /// The elements of a tensor, converted to single precision.
  public func floats(_ name: String) throws -> [Float] {
    let (layout, _) = try locate(name)
    return try [Float](unsafeUninitializedCapacity: layout.count) { buffer, filled in
      try read(name, into: UnsafeMutableBufferPointer(rebasing: buffer[..<layout.count]))
      filled = layout.count
    }
  }

  /// Reads a tensor a megabyte at a time, so that conversion needs no second copy of it.
  private func forEachPiece(
    of layout: TensorLayout, at offset: Int, _ body: (_ firstElement: Int, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: min(layout.byteCount, 1 << 20), alignment: 64)
    defer { piece.deallocate() }
    var done = 0
    while done < layout.byteCount {
      let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<min(piece.count, layout.byteCount - done)])
      try file.read(at: offset + done, into: part)
      try body(done / layout.type.size, UnsafeRawBufferPointer(part))
      done += part.count
    }
  }
}
