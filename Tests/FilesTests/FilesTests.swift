import Files
import Glibc
import Testing

@Suite struct FilesTests {
  @Test func linesFollowTheFinePrint() throws {
    let path = "/tmp/diptych-lines-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(path) }
    try writeFile(path, "\u{FEFF}one\r\n\n three\u{2028}still\r\r\nlast")
    #expect(try readLines(path) == ["one", "", " three\u{2028}still\r", "last"])
    try writeFile(path, "")
    #expect(try readLines(path) == [])
    try writeFile(path, [UInt8]("fine\nbad \u{1}".utf8) + [0xFF, 0x0A])
    #expect(throws: InvalidUTF8(path: path, line: 2)) { try readLines(path) }
    #expect(throws: InvalidUTF8(path: path, line: 2)) { try readText(path) }
  }

  /// Lines come out the same wherever the pieces that a file is read in end.
  @Test func linesOfLargeFiles() throws {
    let path = "/tmp/diptych-lines-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(path) }
    let long = String(repeating: "ö", count: (1 << 20) + 3)
    for start in [0, 1, (1 << 20) - 2, (1 << 20) - 1] {
      let lines = [String(repeating: "x", count: start), "", "é", long, "last"]
      for end in ["", "\n", "\r\n"] {
        try writeFile(path, lines.joined(separator: end == "\r\n" ? end : "\n") + end)
        #expect(try readLines(path) == lines, "\(start)")
      }
    }
    try writeFile(path, "\n")
    #expect(try readLines(path) == [""])
    try writeFile(path, "\u{FEFF}")
    #expect(try readLines(path) == [])
    try writeFile(path, [UInt8](repeating: 0, count: 17 << 20))
    #expect(throws: LineTooLong(path: path, line: 1, limit: 1 << 24)) { try readLines(path) }
    #expect(throws: FileTooLarge(path: path, size: 17 << 20, limit: 100)) { try readLines(path, limit: 100) }
    for read in [{ _ = try readLines($0) }, { _ = try readFile($0) }] as [(String) throws -> Void] {
      #expect(throws: EndlessFile(path: "/dev/zero")) { try read("/dev/zero") }
      #expect(throws: FileError("read", "/tmp", code: EISDIR)) { try read("/tmp") }
    }
    #expect(try readLines("/dev/null") == [])
  }

  @Test func anUncommittedFileLeavesTheFormerContent() throws {
    let folder = "/tmp/diptych-atomic-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(folder) }
    try makeFolder(folder + "/a/b")
    let path = folder + "/a/b/file"
    try writeFile(path, "former")
    do {
      var file = try AtomicFile(path)
      try file.write("half".utf8)
    }
    #expect(try readText(path) == "former")
    #expect(try filesBelow(folder) == [path])
    try writeFile(path, "new")
    #expect(try readText(path) == "new")
  }

  @Test func devicesStayAndLinksAreFollowed() throws {
    let folder = "/tmp/diptych-atomic-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(folder) }
    try makeFolder(folder)
    // A device of our own would need root: a link to one must do, and must stay one.
    let device = folder + "/device"
    symlink("/dev/full", device)
    #expect(throws: FileError.self) { try writeFile(device, "text") }
    var status = stat()
    #expect(stat(device, &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFCHR)
    symlink("/dev/null", folder + "/null")
    try writeFile(folder + "/null", "text")
    try writeFile(folder + "/file", "former")
    symlink("file", folder + "/link")
    try writeFile(folder + "/link", "new")
    #expect(try readText(folder + "/file") == "new")
    #expect(lstat(folder + "/link", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
    #expect(try namesInFolder(folder).sorted() == ["device", "file", "link", "null"])
  }

  /// What a killed process left is written over; what a living one is writing is left alone.
  @Test func remaindersAreUsedUpAndWritersDoNotMeet() throws {
    let folder = "/tmp/diptych-atomic-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(folder) }
    try makeFolder(folder)
    let path = folder + "/file"
    do {
      var remainder = try AtomicFile(path + ".partial")
      try remainder.write("longer than what comes".utf8)
      try remainder.commit()
    }
    try writeFile(path, "new")
    #expect(try readText(path) == "new")
    #expect(try filesBelow(folder) == [path])

    var first = try AtomicFile(path)
    var second = try AtomicFile(path)
    try first.write("first".utf8)
    try second.write("second".utf8)
    try first.commit()
    #expect(try readText(path) == "first")
    try second.commit()
    #expect(try readText(path) == "second")
    #expect(try filesBelow(folder) == [path])
  }

  @Test func aFaultStrikesAtItsMomentAndLater() throws {
    let path = "/tmp/diptych-fault-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(path) }
    try writeFile(path, "former")
    for moment in 0..<4 {
      let fault = DiskFault(at: moment)
      DiskFault.$current.withValue(fault) {
        #expect(throws: FileError("write", moment == 3 ? "/tmp" : path, code: 28)) { try writeFile(path, "new") }
      }
      #expect(fault.hasStruck)
      #expect(try readText(path) == (moment == 3 ? "new" : "former"))
    }
    let late = DiskFault(at: 4)
    try DiskFault.$current.withValue(late) { try writeFile(path, "newer") }
    #expect(!late.hasStruck)
  }

  @Test func whatWasMadeForNothingGoesAgain() throws {
    struct Failure: Error {}
    let folder = "/tmp/diptych-folders-\(UInt64.random(in: 0 ... .max))"
    defer { try? remove(folder) }
    func fail(_ path: String, leaving file: String? = nil) {
      #expect(throws: Failure.self) {
        try takingBackFolders(to: join(folder, path)) {
          try makeFolder(join(folder, path))
          if let file { try writeFile(join(folder, file), "x") }
          throw Failure()
        }
      }
    }
    fail("new/newer")
    #expect(kind(of: folder) == .absent)
    try makeFolder(join(folder, "old"))
    for path in ["old/new", "new/newer/", "old"] { fail(path) }
    #expect(try namesInFolder(folder) == ["old"] && namesInFolder(join(folder, "old")).isEmpty)
    // What is not empty stays.
    fail("new/newer", leaving: "new/file")
    #expect(try namesInFolder(join(folder, "new")) == ["file"])
  }

  @Test func errorsNameTheFile() {
    #expect(throws: FileError("read", "/nonexistent/file", code: 2)) { try readFile("/nonexistent/file") }
    #expect("\(FileError("read", "/tmp", code: 21))" == "/tmp: cannot read: is a directory")
    #expect(throws: FileError("read", "/tmp", code: 21)) { try readFile("/tmp") }
    #expect(throws: FileTooLarge.self) { try readFile("/bin/sh", limit: 10) }
  }

  @Test func pathParts() {
    #expect(parentFolder("a/b/c") == "a/b")
    #expect(parentFolder("/a") == "/")
    #expect(parentFolder("a") == ".")
    #expect(["a/b/", "a/b//", "a//b"].map(parentFolder) == ["a", "a", "a/"])
    #expect(["/a/", "a/", "/", "//"].map(parentFolder) == ["/", ".", "/", "/"])
    #expect(["a/b", "a/b/", "b//", "/b/", "/"].map(fileName) == ["b", "b", "b", "b", ""])
    #expect(throws: FileError("write", "/tmp/absent/", code: EISDIR)) { try checkWritable("/tmp/absent/") }
    #expect(fileExtension("x/y.TAR.Gz") == "gz")
    #expect(fileExtension("x/.hidden") == "")
    #expect(join("a/", "b") == "a/b")
    #expect(join("a", "/b") == "/b")
  }
}
