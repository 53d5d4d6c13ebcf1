import Files

extension Embeddings {
  /// Writes the rows as a NumPy file (format 1.0): float32, C order.
  package func writeNumpy(_ path: String) throws {
    var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(count), \(width)), }".utf8)
    // The numbers begin at a multiple of 64 bytes.
    while (10 + header.count + 1) % 64 != 0 { header.append(UInt8(ascii: " ")) }
    header.append(UInt8(ascii: "\n"))
    var file = try AtomicFile(path)
    try file.write([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)] + header)
    try withNumbers { numbers in
      if numbers.count > 0 { try file.write(UnsafeRawBufferPointer(numbers)) }
    }
    try file.commit()
  }
}
