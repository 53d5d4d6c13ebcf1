/// Numbers in a shape: contiguous, row-major, with value semantics.
///
/// Copies share their storage; reshaping and taking leading rows cost nothing. Ops are methods and operators; each
/// stands in a file with its gradient.
public struct Tensor: Sendable {
  /// The extents of the axes.
  public let shape: Shape
  /// What the elements are.
  public let element: ElementType
  private(set) var storage: Storage
  /// Where the first element stands in the storage, in elements.
  let offset: Int
  /// The tensor's place on a tape, if gradients flow to it.
  var trace: Trace?
  /// How to compute the values again instead of keeping them for the backward pass.
  var remake: Remake?
  /// The matrix as products read it, if it is a weight that stays as it is.
  var packed: PackedWeight?

  init(shape: Shape, element: ElementType, storage: Storage, offset: Int = 0) {
    self.shape = shape
    self.element = element
    self.storage = storage
    self.offset = offset
  }

  /// A tensor whose elements are not set yet; whoever makes it writes each of them.
  package static func uninitialized(_ shape: Shape, _ element: ElementType = .float32) -> Tensor {
    let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(by: element.size)
    if overflow { fatalError("a tensor of shape \(shape) is beyond any machine") }
    return Tensor(shape: shape, element: element, storage: Storage(byteCount: bytes))
  }

  /// All elements equal.
  public init(repeating value: Float, _ shape: Shape) {
    self = .uninitialized(shape)
    floats.update(repeating: value)
  }

  /// Zeros.
  public static func zeros(_ shape: Shape, _ element: ElementType = .float32) -> Tensor {
    let tensor = uninitialized(shape, element)
    if tensor.byteCount > 0 { tensor.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: tensor.byteCount) }
    return tensor
  }

  /// The given numbers in the given shape.
  public init(_ values: [Float], _ shape: Shape) {
    guard values.count == shape.elementCount else {
      fatalError("\(values.count) values for a tensor of shape \(shape)")
    }
    self = .uninitialized(shape)
    _ = floats.update(fromContentsOf: values)
  }

  /// Rows of numbers, one after the other, in the given shape.
  public init(joining rows: [[Float]], _ shape: Shape) {
    let count = rows.reduce(0) { $0 + $1.count }
    guard count == shape.elementCount else { fatalError("\(count) values for a tensor of shape \(shape)") }
    self = .uninitialized(shape)
    var start = 0
    for row in rows {
      _ = UnsafeMutableBufferPointer(rebasing: floats[start..<start + row.count]).update(fromContentsOf: row)
      start += row.count
    }
  }

  /// Ids in the given shape.
  public init(ids: [Int32], _ shape: Shape) {
    guard ids.count == shape.elementCount else { fatalError("\(ids.count) ids for a tensor of shape \(shape)") }
    self = .uninitialized(shape, .int32)
    _ = int32s.update(fromContentsOf: ids)
  }

  /// A scalar.
  public init(_ value: Float) { self.init([value], []) }

  /// How many elements there are.
  public var count: Int { shape.elementCount }
  /// How many axes there are.
  public var rank: Int { shape.rank }
  var byteCount: Int { count * element.size }

  /// The elements as singles, whatever they are stored as.
  public var values: [Float] {
    switch element {
    case .float32: Array(floats)
    case .bfloat16: bfloats.map { BFloat16(bits: $0).float }
    case .int32: int32s.map(Float.init)
    }
  }

  /// The elements of a tensor of ids.
  public var ids: [Int32] { Array(int32s) }

  /// The only element of a tensor that has one.
  public var scalar: Float {
    guard count == 1 else { fatalError("scalar of a tensor of shape \(shape)") }
    return values[0]
  }

  // Raw access. The tensor must outlive the use of the pointer; ops hold their inputs for as long as they run.

  package var bytes: UnsafeMutableRawPointer { storage.pointer + offset * element.size }

  package var floats: UnsafeMutableBufferPointer<Float> {
    expect(.float32)
    return UnsafeMutableBufferPointer(start: bytes.assumingMemoryBound(to: Float.self), count: count)
  }

  package var bfloats: UnsafeMutableBufferPointer<UInt16> {
    expect(.bfloat16)
    return UnsafeMutableBufferPointer(start: bytes.assumingMemoryBound(to: UInt16.self), count: count)
  }

  package var int32s: UnsafeMutableBufferPointer<Int32> {
    expect(.int32)
    return UnsafeMutableBufferPointer(start: bytes.assumingMemoryBound(to: Int32.self), count: count)
  }

  private func expect(_ wanted: ElementType) {
    if element != wanted { fatalError("a \(element) tensor of shape \(shape) where \(wanted) is needed") }
  }

  /// Whether nobody else can see the storage, so that an op may write into it.
  mutating func isUnique() -> Bool { isKnownUniquelyReferenced(&storage) }
}
