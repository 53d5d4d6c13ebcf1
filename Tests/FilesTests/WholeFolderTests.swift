import Files
import Glibc
import Testing

@Suite struct WholeFolderTests {
  private let folder = "/tmp/diptych-whole-\(UInt64.random(in: 0 ... .max))"

  private func fill(_ path: String, _ names: [String], replaces: Bool = false) throws {
    try writeFolder(path, replaces: replaces) { partial in
      for name in names { try writeFile(join(partial, name), name) }
    }
  }

  @Test(arguments: ["new", "new/", "deep/er"]) func whatIsAbsentAppearsWhole(name: String) throws {
    defer { try? remove(folder) }
    try makeFolder(folder)
    let path = join(folder, name)
    // What a killed process has left.
    let remainder = parentFolder(absolutePath(path)) + "/.partial-" + fileName(absolutePath(path))
    try makeFolder(remainder)
    try writeFile(join(remainder, "half"), "h")
    try fill(path, ["a", "b"])
    #expect(try namesInFolder(path) == ["a", "b"])
    #expect(kind(of: remainder) == .absent)
  }

  @Test func whatIsThereStaysOrGoes() throws {
    defer { try? remove(folder) }
    try makeFolder(folder)
    try writeFile(join(folder, "mine"), "m")
    try fill(folder, ["a", "b"])
    #expect(try namesInFolder(folder) == ["a", "b", "mine"])
    try fill(folder, ["c"], replaces: true)
    #expect(try namesInFolder(folder) == ["c"])
    #expect(throws: FileError("create the folder", join(folder, "c"), code: EEXIST)) {
      try fill(join(folder, "c"), ["x"])
    }
  }

  /// A disk that fails at any moment leaves what was there, and an error about the folder that was asked for.
  @Test func failuresLeaveNothing() throws {
    defer { try? remove(folder) }
    try makeFolder(folder)
    let path = join(folder, "new")
    var moment = 0
    while true {
      let fault = DiskFault(at: moment)
      do {
        try DiskFault.$current.withValue(fault) { try fill(path, ["a", "b"]) }
        break
      } catch let error as FileError {
        #expect(error.path == folder || error.path.hasPrefix(path), "\(error)")
        #expect(!error.path.contains("partial"), "\(error)")
        if kind(of: path) == .folder { #expect(try namesInFolder(path) == ["a", "b"]) }
        try remove(path)
        #expect(try namesInFolder(folder) == [])
      }
      moment += 1
    }
    #expect(moment > 4)
  }
}
