import Files
import Glibc
import Testing

@Suite struct FolderEntryTests {
  private let folder = "/tmp/diptych-entries-\(UInt64.random(in: 0 ... .max))"

  /// A file whose name's bytes are these.
  private func touch(_ name: [UInt8]) {
    let path = Array(folder.utf8) + [UInt8(ascii: "/")] + name
    close(open(path.map { CChar(bitPattern: $0) } + [0], O_WRONLY | O_CREAT, 0o644))
  }

  @Test func namesThatAreNoTextAreShownWithEscapes() throws {
    try makeFolder(folder + "/sub")
    defer { _ = system("rm -rf \(folder)") }
    touch(Array("plain.png".utf8))
    touch(Array("caf".utf8) + [0xE9] + Array(".png".utf8))
    touch(Array("sub/é".utf8) + [0xE2, 0x82, 0x0A])
    #expect(try namesInFolder(folder) == ["caf\\xE9.png", "plain.png", "sub"])
    let files = try FolderEntry(folder).filesBelow()
    #expect(files.map(\.path) == ["caf\\xE9.png", "plain.png", "sub/é\\xE2\\x82\n"].map { folder + "/" + $0 })
    #expect(files.map(\.isUTF8) == [false, true, false])
    #expect(try filesBelow(folder) == [folder + "/plain.png"])
  }

  /// Opening a pipe waits for somebody to write into it.
  @Test func onlyRegularFilesAndLinksToThemCount() throws {
    try makeFolder(folder)
    defer { try? remove(folder) }
    touch(Array("file".utf8))
    mkfifo(folder + "/pipe.png", 0o644)
    symlink("file", folder + "/link")
    symlink("pipe.png", folder + "/to-pipe")
    symlink("/dev/zero", folder + "/device")
    symlink("nowhere", folder + "/broken")
    symlink(".", folder + "/loop")
    #expect(try filesBelow(folder) == ["file", "link"].map { folder + "/" + $0 })
    // Links that lead nowhere are told apart for those who want to hear of them.
    symlink("circle", folder + "/circle")
    let files = try FolderEntry(folder).filesBelow(withLostLinks: true)
    #expect(files.map(\.name) == ["broken", "circle", "file", "link"])
    #expect(files.map(\.kind) == [.lostLink, .lostLink, .file, .file])
    let error = FileError.absent(folder + "/circle")
    #expect(error.code == ELOOP && "\(error)".hasSuffix("circle: cannot read: its links lead in a circle"))
    #expect(FileError.absent(folder + "/broken").code == ENOENT)
  }

  @Test func whereNothingCanBeWrittenIsKnownBefore() throws {
    try makeFolder(folder)
    defer { try? remove(folder) }
    touch(Array("file".utf8))
    symlink("file", folder + "/link")
    for name in ["file", "link", "new"] { try checkWritable(folder + "/" + name) }
    try checkWritable("/dev/null")
    for (name, code) in [("none/new", ENOENT), ("file/new", ENOTDIR), ("", EISDIR)] {
      let path = join(folder, name)
      #expect(throws: FileError("write", path, code: code)) { try checkWritable(path) }
    }
  }
}
