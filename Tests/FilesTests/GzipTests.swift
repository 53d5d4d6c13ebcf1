import Files
import Testing

/// Streams made with Python's zlib (level 0; fixed and dynamic codes; two members; a name, a comment, extra data and a
/// header sum in the header).
@Suite struct GzipTests {
  static let line: [UInt8] = {
    let varied = (0..<400).map { (i: Int) -> UInt8 in
      let mixed = i * i % 11 * i / 3
      return UInt8(97 + mixed % 17)
    }
    return varied + [UInt8](String(repeating: "abcabcabc", count: 60).utf8)
  }()

  static let stored = bytes(
    "1f8b08000000000000ff010500faff68656c6c6f86a6103605000000")
  static let fixed = bytes("1f8b08000000000002ffcb48cdc9c95728cf2fca495148cd4bce4f490500fdd2368812000000")
  static let dynamic = bytes(
    "1f8b08000000000000ffedd0c11144210803d05a83a220a0d0ff6529604bf8333939637c111867afed12130cd5c2dd472029"
      + "c7fc2d31786ce395bc1ed25664610e0229df6334fad25af34d1e948a3347bd64442088a06795252a4163eed481796bdea76f"
      + "6d6c4f163d771e581fd0b0a08bb7afc40d4f001cbae5da6d19f901bde3022d738f5275f83bd145b25be67a0bb4997a8fa4f9"
      + "5cb4b064172fe66a192f64b53470078f6332bcd05be664a5d3b237f8e5e93648d0d6e3c50633c89891a365527adf7d0da395"
      + "269af731783ea751112dc38db8707344c6db324c12797b0bcdb35a66561eac73a1fb69ed2d38385b47f5b3d9b229fd535fbe"
      + "fccd0fcc3d4ce3ac030000")
  static let headerFields = bytes(
    "1f8b081e0000000000ff0300010203" + "6e616d6500" + "636f6d6d656e7400" + "abcd" + "cb48cdc9c9070086a6103605000000")

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test func knownStreams() throws {
    #expect(try Gzip.unpack(Self.stored, path: "f") == [UInt8]("hello".utf8))
    #expect(try Gzip.unpack(Self.fixed, path: "f") == [UInt8]("hello world encode".utf8))
    #expect(try Gzip.unpack(Self.dynamic, path: "f") == Self.line)
    #expect(try Gzip.unpack(Self.headerFields, path: "f") == [UInt8]("hello".utf8))
    #expect(try Gzip.unpack(Self.stored + Self.fixed + [0, 0], path: "f") == [UInt8]("hellohello world encode".utf8))
    #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
  }

  @Test func damageIsNamed() {
    #expect(throws: GzipError(path: "f", problem: .damaged("not a gzip file"))) {
      try Gzip.unpack([UInt8](repeating: 7, count: 40), path: "f")
    }
    #expect(throws: GzipError(path: "f", problem: .tooLarge(limit: 4))) {
      try Gzip.unpack(Self.stored, path: "f", limit: 4)
    }
    #expect(throws: GzipError(path: "f", problem: .tooLarge(limit: 100))) {
      try Gzip.unpack(Self.dynamic, path: "f", limit: 100)
    }
    var wrongSum = Self.dynamic
    wrongSum[wrongSum.count - 6] ^= 1
    #expect(throws: GzipError(path: "f", problem: .damaged("wrong check sum"))) {
      try Gzip.unpack(wrongSum, path: "f")
    }
  }

  @Test func truncationAndMutationsAreErrors() {
    for stream in [Self.stored, Self.fixed, Self.dynamic, Self.headerFields] {
      for length in 0..<stream.count {
        #expect(throws: GzipError.self) { try Gzip.unpack(Array(stream[..<length]), path: "f") }
      }
      var generator = SystemRandomNumberGenerator()
      for _ in 0..<2_000 {
        var mutated = stream
        for _ in 0...Int.random(in: 0..<4, using: &generator) {
          mutated[Int.random(in: 0..<mutated.count, using: &generator)] = .random(in: 0 ... .max, using: &generator)
        }
        // Header fields may change without harm; the content may not.
        let original = try? Gzip.unpack(stream, path: "f")
        if let content = try? Gzip.unpack(mutated, path: "f", limit: 1 << 16) { #expect(content == original) }
      }
    }
  }
}
