import Files
import JSON

/// Writes a safetensors file from beginning to end; the file appears whole or not at all.
///
/// ```swift
/// var writer = try SafetensorsWriter(path, [TensorLayout("weight", .f32, [3, 4])], metadata: [("format", "pt")])
/// try writer.write(floats)  // once for each layout, in order
/// try writer.commit()
/// ```
public struct SafetensorsWriter: ~Copyable {
  private let path: String
  private let layouts: [TensorLayout]
  private var file: AtomicFile
  private var next = 0

  /// Writes the header of a file that will hold these tensors, in this order.
  ///
  /// `metadata`: free texts; `format: pt` is what `transformers` wants to see.
  public init(_ path: String, _ layouts: [TensorLayout], metadata: [(String, String)] = [("format", "pt")]) throws {
    var header = JSONObject()
    if !metadata.isEmpty { header["__metadata__"] = .object(JSONObject(metadata.map { ($0, .string($1)) })) }
    var offset = 0
    for layout in layouts {
      guard header[layout.name] == nil else { fatalError("SafetensorsWriter: two tensors are named \(layout.name)") }
      let end = offset + layout.byteCount
      header[layout.name] = [
        "dtype": .string(layout.type.rawValue), "shape": JSONValue(layout.shape),
        "data_offsets": JSONValue([offset, end]),
      ]
      offset = end
    }
    var bytes = JSONValue.object(header).bytes()
    // The format pads with spaces, so that the numbers begin at a multiple of 8.
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    var file = try AtomicFile(path)
    try file.write((0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) })
    try file.write(bytes)
    self.file = file
    self.path = path
    self.layouts = layouts
  }

  private mutating func take(_ count: Int, _ unit: String) -> TensorLayout {
    guard next < layouts.count else { fatalError("SafetensorsWriter: all \(layouts.count) tensors are written") }
    let layout = layouts[next]
    guard count == (unit == "bytes" ? layout.byteCount : layout.count) else {
      fatalError("SafetensorsWriter: \(layout.name) is \(layout.shape), and got \(count) \(unit)")
    }
    next += 1
    return layout
  }

  /// Writes the next tensor's bytes as they are.
  public mutating func writeBytes(_ bytes: UnsafeRawBufferPointer) throws {
    _ = take(bytes.count, "bytes")
    try file.write(bytes)
  }

  /// Writes the next tensor, rounded to its type, which must be one of fractions.
  public mutating func write(_ values: UnsafeBufferPointer<Float>) throws {
    let layout = take(values.count, "elements")
    switch layout.type {
    case .f32: try file.write(UnsafeRawBufferPointer(values))
    case .f16: try writeConverted(values, narrowToHalf)
    case .bf16: try writeConverted(values, narrowToBFloat16)
    case .f64: try writeConverted(values, Double.init)
    case .i64, .i32, .i16, .i8, .u8, .bool:
      fatalError("SafetensorsWriter: \(layout.name) is \(layout.type.rawValue), and got fractions")
    }
  }

  /// Writes the next tensor, rounded to its type, which must be one of fractions.
  public mutating func write(_ values: [Float]) throws {
    try withUnsafePointers(values) { try $0.write($1) }
  }

  /// Writes the next tensor, which must be 64-bit whole numbers.
  public mutating func write(_ values: [Int64]) throws {
    try withUnsafePointers(values) { try $0.writeBytes(UnsafeRawBufferPointer($1)) }
  }

  /// `withUnsafeBufferPointer`, whose closure may not capture a writer that cannot be copied.
  private mutating func withUnsafePointers<Element>(
    _ values: [Element], _ body: (inout SafetensorsWriter, UnsafeBufferPointer<Element>) throws -> Void
  ) throws {
    try values.withUnsafeBufferPointer { try body(&self, $0) }
  }

  private mutating func writeConverted<Narrow: BitwiseCopyable>(
    _ values: UnsafeBufferPointer<Float>, _ convert: (Float) -> Narrow
  ) throws {
    var start = values.startIndex
    while start < values.endIndex {
      let end = min(start + 1 << 18, values.endIndex)
      let piece = values[start..<end].map(convert)
      try piece.withUnsafeBytes { try file.write($0) }
      start = end
    }
  }

  /// Puts the file in its place.
  public consuming func commit() throws {
    guard next == layouts.count else { fatalError("SafetensorsWriter: \(layouts[next].name) was not written") }
    try file.commit()
  }
}
