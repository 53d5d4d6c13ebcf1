/// The type of the numbers in a safetensors file; raw values are the format's names.
public enum ElementType: String, Sendable, CaseIterable {
  /// Double precision.
  case f64 = "F64"
  /// Single precision.
  case f32 = "F32"
  /// IEEE half precision.
  case f16 = "F16"
  /// The upper half of single precision.
  case bf16 = "BF16"
  /// 64-bit signed.
  case i64 = "I64"
  /// 32-bit signed.
  case i32 = "I32"
  /// 16-bit signed.
  case i16 = "I16"
  /// 8-bit signed.
  case i8 = "I8"
  /// 8-bit unsigned.
  case u8 = "U8"
  /// One byte, 0 or not.
  case bool = "BOOL"

  /// Whether it has fractions.
  public var isFloatingPoint: Bool {
    switch self {
    case .f64, .f32, .f16, .bf16: true
    case .i64, .i32, .i16, .i8, .u8, .bool: false
    }
  }

  /// How many bytes an element takes.
  public var size: Int {
    switch self {
    case .f64, .i64: 8
    case .f32, .i32: 4
    case .f16, .bf16, .i16: 2
    case .i8, .u8, .bool: 1
    }
  }
}

/// A tensor's name, type and shape.
public struct TensorLayout: Sendable, Equatable {
  /// The name: `vision_model.post_layernorm.weight`.
  public let name: String
  /// The type of its elements.
  public let type: ElementType
  /// Its extents; a scalar has none.
  public let shape: [Int]

  /// A tensor of a name, type and shape.
  public init(_ name: String, _ type: ElementType, _ shape: [Int]) {
    self.name = name
    self.type = type
    self.shape = shape
  }

  /// How many elements there are. Layouts that come from files were checked not to overflow.
  public var count: Int { shape.reduce(1, *) }

  /// How many bytes the elements take.
  public var byteCount: Int { count * type.size }
}
