/// Makes archives, honest ones and others.
struct TarBuilder {
  private(set) var bytes: [UInt8] = []

  /// Appends a header, and the content padded to whole blocks.
  mutating func add(
    _ name: String, _ content: [UInt8] = [], type: Character = "0", size: [UInt8]? = nil, prefix: String = "",
    magic: String = "ustar\u{0}00", isExtended: Bool = false, damage: Bool = false
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Sequence<UInt8>, at offset: Int) {
      for (i, byte) in text.enumerated() where offset + i < 512 { header[offset + i] = byte }
    }
    put(name.utf8.prefix(100), at: 0)
    put("0000644\u{0}".utf8, at: 100)
    put(
      size ?? Array((String(repeating: "0", count: 11 - octal(content.count).count) + octal(content.count)).utf8),
      at: 124)
    put("        ".utf8, at: 148)
    put(type == "\0" ? [] : Array(String(type).utf8), at: 156)
    put(magic.utf8, at: 257)
    put(prefix.utf8.prefix(155), at: 345)
    if isExtended { header[482] = 1 }
    let sum = octal(header.reduce(0) { $0 + Int($1) })
    put((String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ").utf8, at: 148)
    if damage { header[0] ^= 1 }
    bytes += header
    addBlocks(content)
  }

  /// Appends bytes padded to whole blocks.
  mutating func addBlocks(_ content: [UInt8]) {
    bytes += content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// Appends a PAX header with these records.
  mutating func addPAX(_ records: [(String, String)], type: Character = "x") {
    let content = records.flatMap { key, value -> [UInt8] in
      let rest = " \(key)=\(value)\n"
      var length = rest.utf8.count + 1
      while String(length).utf8.count + rest.utf8.count != length { length += 1 }
      return Array("\(length)\(rest)".utf8)
    }
    add("PaxHeaders/x", content, type: type)
  }

  /// Appends the end mark.
  mutating func finish() { bytes += [UInt8](repeating: 0, count: 1024) }

  private func octal(_ value: Int) -> String { String(value, radix: 8) }
}
