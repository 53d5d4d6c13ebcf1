import Files
import Glibc
import JSON
import Safetensors
import TestSupport
import Testing

/// A file from a header as text and the bytes behind it.
func craft(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
  let length = length ?? UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
    + [UInt8](repeating: 7, count: data)
}

@Suite struct SafetensorsTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  func sample() throws -> String {
    let path = folder("model.safetensors")
    var writer = try SafetensorsWriter(
      path,
      [
        TensorLayout("a", .f32, [2, 3]), TensorLayout("b", .f16, [4]), TensorLayout("c", .bf16, []),
        TensorLayout("d", .i64, [3]), TensorLayout("empty", .f32, [0, 7]), TensorLayout("e", .f64, [1]),
      ], metadata: [("format", "pt"), ("step", "12")])
    try writer.write([1, -2, 3.5, .infinity, -0.0, .leastNonzeroMagnitude])
    try writer.write([1, 0.1, 65504, 6e-8])
    try writer.write([Float.pi])
    try writer.write([Int64.min, -1, 1 << 40])
    try writer.write([Float]())
    try writer.write([0.1])
    try writer.commit()
    return path
  }

  @Test func whatIsWrittenReadsBack() throws {
    let file = try SafetensorsFile(sample())
    #expect(file.tensors.map(\.name) == ["a", "b", "c", "d", "empty", "e"])
    #expect(file.tensor("a") == TensorLayout("a", .f32, [2, 3]))
    #expect(file.metadata.contains { $0 == ("step", "12") })
    #expect(
      try file.floats("a").map(\.bitPattern)
        == ([1, -2, 3.5, .infinity, -0.0, .leastNonzeroMagnitude] as [Float]).map(\.bitPattern))
    #expect(try file.floats("b") == [1, 0.0999755859375, 65504, 5.960464477539063e-8])
    #expect(try file.floats("c") == [3.140625])
    #expect(try file.floats("d") == [-9.223372036854775808e18, -1, 1_099_511_627_776])
    #expect(try file.floats("empty") == [])
    #expect(try file.floats("e") == [0.1])
    #expect(throws: SafetensorsError.self) { try file.floats("z") }
  }

  @Test func smallTypes() throws {
    let header = """
      {"i":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"u":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},\
      "t":{"dtype":"BOOL","shape":[2],"data_offsets":[3,5]},"s":{"dtype":"I16","shape":[1],"data_offsets":[5,7]},\
      "w":{"dtype":"I32","shape":[1],"data_offsets":[7,11]}}
      """
    let path = folder("small.safetensors")
    try writeFile(path, craft(header) + [0xFF, 2, 0xFF, 0, 1, 0xFE, 0xFF, 0, 0, 0, 0x80])
    let file = try SafetensorsFile(path)
    for (name, values) in [("i", [-1, 2]), ("u", [255]), ("t", [0, 1]), ("s", [-2]), ("w", [Float(Int32.min)])] {
      #expect(try file.floats(name) == values)
    }
  }

  @Test func largeTensorsAreConvertedPieceByPiece() throws {
    let path = folder("large.safetensors")
    let count = 1_500_001
    let values = (0..<count).map { Float($0 % 2048) }
    var writer = try SafetensorsWriter(path, [TensorLayout("x", .f16, [count]), TensorLayout("y", .bf16, [count])])
    try writer.write(values)
    try writer.write(values.map { $0 < 256 ? $0 : 1 })
    try writer.commit()
    let file = try SafetensorsFile(path)
    #expect(try file.floats("x") == values)
    #expect(try file.floats("y") == values.map { $0 < 256 ? $0 : 1 })
  }

  static let tensor = #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

  @Test(arguments: [
    (craft("{\(tensor)}", data: 9), "1 bytes follow its last tensor"),
    (craft("{\(tensor)}", data: 7), "1 bytes are missing at its end; copy it again"),
    (craft("{\(tensor),\(tensor)}", data: 8), "the key \"a\" occurs a second time"),
    (craft(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, data: 12), "tensor a leaves a hole before it"),
    (
      craft(#"{\#(tensor),"b":{"dtype":"U8","shape":[2],"data_offsets":[7,9]}}"#, data: 9),
      "tensor b overlaps the one before it"
    ),
    (
      craft(#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, data: 8),
      "tensor a: its shape [3] needs 12 bytes, its data_offsets give it 8"
    ),
    (
      craft(#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#),
      "tensor a: a shape of [4611686018427387904, 4]"
    ),
    (craft(#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}"#), "tensor a: a shape of [-1]"),
    (
      craft(#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}"#),
      "tensor a: data_offsets of [9223372036854775807, 9223372036854775807]"
    ),
    (craft(#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[8,0]}}"#), "tensor a: data_offsets of [8, 0]"),
    (
      craft(#"{"a":{"dtype":"F8_E5M2","shape":[0],"data_offsets":[0,0]}}"#),
      "tensor a is of type F8_E5M2; known are F64"
    ),
    (craft(#"{"a":{"dtype":"F32","shape":[0]}}"#), "a.data_offsets: this key is missing"),
    (craft(#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}"#), "a.x: unknown key"),
    (craft(#"{"a":{"dtype":"F32","shape":"x","data_offsets":[0,0]}}"#), "a.shape: should be a list"),
    (craft(#"{"__metadata__":{"a":1}}"#), "__metadata__ holds the number 1"),
    (craft("[1]"), "its header is not JSON"), (craft("{", length: 1), "its header is not JSON"),
    (craft("{} x"), "'x' where the end should be"), (craft("{}", length: 100_000_001), "would have 100000001 bytes"),
    (craft("{}", length: .max), "would have 18446744073709551615 bytes"),
    (craft("{}", length: 3), "its header of 3 bytes goes beyond the end"), ([], "it has only 0 bytes"),
    ([0x50, 0x4B, 3, 4, 0, 0, 0, 0, 8, 0, 8, 0], "a pickle"),
    ([0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9], "a pickle"),
  ]) func liesInTheHeader(_ bytes: [UInt8], _ problem: String) throws {
    let path = folder("lie.safetensors")
    try writeFile(path, bytes)
    do {
      _ = try SafetensorsFile(path)
      Issue.record("accepted")
    } catch {
      #expect("\(error)".hasPrefix(path))
      #expect("\(error)".contains(problem))
    }
  }

  @Test func aHeaderThatLooksLikeAPickleIsNone() throws {
    // A header of 0x280 bytes begins like a pickle of protocol 2.
    let path = folder("0x280.safetensors")
    try writeFile(path, craft("{}" + String(repeating: " ", count: 0x27E)))
    #expect(try SafetensorsFile(path).tensors.isEmpty)
  }

  @Test func truncationAtEveryByteIsAnError() throws {
    let whole = try readFile(sample())
    let path = folder("cut.safetensors")
    for end in whole.indices {
      try writeFile(path, whole[..<end])
      #expect(throws: (any Error).self) { try SafetensorsFile(path) }
    }
  }

  @Test func bitFlipsNeverTrap() throws {
    let whole = try readFile(sample())
    let path = folder("flipped.safetensors")
    for place in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[place] ^= 1 << bit
        try writeFile(path, bytes)
        do {
          let file = try SafetensorsFile(path)
          for tensor in file.tensors { #expect(try file.floats(tensor.name).count == tensor.count) }
        } catch { #expect(error is any UserError) }
      }
    }
  }

  @Test func aFileThatIsCutWhileOpenIsAnError() throws {
    let path = try sample()
    let file = try SafetensorsFile(path)
    // Cut in place: the open descriptor sees it.
    let whole = try readFile(path)
    #expect(path.withCString { truncate($0, whole.count - 4) } == 0)
    #expect(throws: FileEndsEarly(path: path)) { try file.floats("e") }
  }

  @Test func shards() throws {
    func shard(_ name: String, _ tensors: [String]) throws {
      var writer = try SafetensorsWriter(folder(name), tensors.map { TensorLayout($0, .f32, [1]) })
      for tensor in tensors { try writer.write([Float(tensor.utf8.count)]) }
      try writer.commit()
    }
    func index(_ map: String) throws {
      try writeFile(folder("model.safetensors.index.json"), #"{"metadata":{"total_size":12},"weight_map":{\#(map)}}"#)
    }
    try shard("1.safetensors", ["a", "bb"])
    try shard("2.safetensors", ["ccc"])
    try index(#""a":"1.safetensors","ccc":"2.safetensors","bb":"1.safetensors""#)
    let weights = try SafetensorsFolder(folder.path)
    #expect(weights.tensors.map(\.name) == ["a", "bb", "ccc"])
    #expect(try weights.floats("ccc") == [3])
    #expect(throws: SafetensorsError.self) { try weights.floats("d") }

    try index(#""a":"1.safetensors","bb":"1.safetensors","d":"2.safetensors""#)
    #expect(throws: SafetensorsError.self) { try SafetensorsFolder(folder.path) }
    try index(#""a":"1.safetensors""#)
    #expect(throws: SafetensorsError.self) { try SafetensorsFolder(folder.path) }
    try index(#""a":"../1.safetensors""#)
    #expect(throws: SafetensorsError.self) { try SafetensorsFolder(folder.path) }
    try index(#""a":"3.safetensors""#)
    #expect(throws: FileError.self) { try SafetensorsFolder(folder.path) }
  }

  @Test func foldersWithoutWeights() throws {
    #expect(throws: SafetensorsError.self) { try SafetensorsFolder(folder.path) }
    try writeFile(folder("pytorch_model.bin"), [0x80, 2])
    do { _ = try SafetensorsFolder(folder.path) } catch { #expect("\(error)".contains("safetensors.torch")) }
    _ = try sample()
    #expect(try SafetensorsFolder(folder.path).path == folder("model.safetensors"))
  }

  @Test func anUnfinishedFileIsNotThere() throws {
    let path = folder("half.safetensors")
    do {
      var writer = try SafetensorsWriter(path, [TensorLayout("a", .f32, [1]), TensorLayout("b", .f32, [1])])
      try writer.write([Float(1)])
    }
    #expect(try namesInFolder(folder.path).isEmpty)
  }
}
