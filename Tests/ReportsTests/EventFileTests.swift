import Files
import Reports
import TestSupport
import Testing

@Suite struct EventFileTests {
  @Test func theCheckOfRFC3720() {
    let crc = CRC32C()
    #expect(crc("123456789".utf8) == 0xE306_9283)
    #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc([]) == 0)
  }

  func write(_ folder: String, steps: ClosedRange<Int>, after step: Int? = nil) throws -> String {
    let file = try EventFile(folder: folder, resumingAfter: step)
    for step in steps {
      try file.add(scalars: [("loss", 1 / Double(step)), ("health/image.rank", 12)], step: step)
    }
    try file.sync()
    return file.path
  }

  @Test func resumeContinuesTheSameFile() throws {
    let folder = try ScratchFolder()
    let path = try write(folder.path, steps: 1...10)
    let five = try ScratchFolder()
    let shorter = try write(five.path, steps: 1...5)
    let sizeOfFive = try readFile(shorter).count
    #expect(try write(folder.path, steps: 6...10, after: 5) == path)
    #expect(try namesInFolder(folder.path).count == 1)
    let again = try readFile(path).count
    _ = try write(folder.path, steps: 300...300, after: 5)
    #expect(try readFile(path).count - sizeOfFive == (again - sizeOfFive) / 5 + 1)  // 300 is a varint of two bytes
  }

  @Test func tornTailsAreCutOffWhereverTheyAreTorn() throws {
    let folder = try ScratchFolder()
    let path = try write(folder.path, steps: 1...3)
    let whole = try readFile(path)
    let reference = try ScratchFolder()
    var ends = [try readFile(write(reference.path, steps: 1...1)).count]
    ends.append(ends[0] + (whole.count - ends[0]) / 2)
    ends.append(whole.count)
    for cut in whole.indices {
      try writeFile(path, whole[..<cut])
      _ = try EventFile(folder: folder.path)
      let kept = ends.last { $0 <= cut } ?? ends[0] - (whole.count - ends[0]) / 2
      #expect(try readFile(path).count == kept)
    }
    // A flipped bit ends the file at its record.
    for place in ends[0]..<ends[1] {
      var damaged = whole
      damaged[place] ^= 0x10
      try writeFile(path, damaged)
      _ = try EventFile(folder: folder.path)
      #expect(try readFile(path).count == ends[0])
    }
  }

  @Test func picturesAndHistogramsAreWritten() throws {
    let folder = try ScratchFolder()
    let file = try EventFile(folder: folder.path)
    let before = try readFile(file.path).count
    try file.add(histogram: "weights", of: [1, 2, .nan, 3, .infinity], step: 1)
    try file.add(histogram: "none", of: [], step: 1)
    try file.add(histogram: "same", of: [2, 2], step: 1)
    try file.add(picture: "grid", png: [1, 2, 3], width: 2, height: 1, step: 1)
    let bytes = try readFile(file.path)
    #expect(bytes.count > before + 64 * 16)
    _ = try EventFile(folder: folder.path)
    #expect(try readFile(file.path) == bytes)
  }
}
