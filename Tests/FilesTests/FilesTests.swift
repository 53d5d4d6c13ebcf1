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
    #expect(fileExtension("x/y.TAR.Gz") == "gz")
    #expect(fileExtension("x/.hidden") == "")
    #expect(join("a/", "b") == "a/b")
    #expect(join("a", "/b") == "/b")
  }
}
