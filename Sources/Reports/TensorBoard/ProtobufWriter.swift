/// Writes the few kinds of protocol-buffer fields that event files need.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private mutating func key(_ field: Int, _ wireType: Int) { varint(UInt64(field << 3 | wireType)) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func int(_ field: Int, _ value: Int) {
    key(field, 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(_ field: Int, _ value: Double) {
    key(field, 1)
    bytes.append(littleEndian: value.bitPattern)
  }

  mutating func float(_ field: Int, _ value: Float) {
    key(field, 5)
    bytes.append(littleEndian: value.bitPattern)
  }

  mutating func data(_ field: Int, _ content: some Collection<UInt8>) {
    key(field, 2)
    varint(UInt64(content.count))
    bytes += content
  }

  mutating func doubles(_ field: Int, _ values: [Double]) {
    var packed = [UInt8]()
    for value in values { packed.append(littleEndian: value.bitPattern) }
    data(field, packed)
  }

  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    data(field, inner.bytes)
  }
}

extension [UInt8] {
  mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
