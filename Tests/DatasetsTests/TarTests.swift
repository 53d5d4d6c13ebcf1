import Datasets
import Files
import Testing

@Suite struct TarTests {
  private func captions(_ set: TarShards) -> [String] {
    (0..<set.count).map { index in
      do {
        let sample = try set.sample(at: index)
        return "\(fileName(sample.id)) \(sample.captions) \(sample.label.map(String.init) ?? "-")"
      } catch { return "bad: \(fileName("\(error)"))" }
    }
  }

  @Test func samplesAreNeighboursThatShareAKey() throws {
    let scratch = try Scratch()
    var tar = TarBuilder()
    tar.add("./", type: "5")
    tar.add("__meta__", [1])
    tar.add("./a/0001.jpg", [1, 2, 3])
    tar.add("./a/0001.txt", Array(" a cat\n".utf8))
    tar.add("a/0001.cls", Array("7".utf8))
    tar.add("a/0001.weird.bin", [9])
    tar.add("b.json", Array(#"{"captions": ["one", " two "], "caption": "no"}"#.utf8))
    tar.add("b.PNG", [4])
    tar.add("c.txt", Array("c".utf8), type: "\0")
    tar.finish()
    let set = try TarShards(try scratch.write("x.tar", tar.bytes))
    #expect(captions(set) == [#"0001 ["a cat"] 7"#, #"x.tar:b ["one", "two"] -"#, #"x.tar:c ["c"] -"#])
    guard case .encoded(let bytes)? = try set.sample(at: 0).picture else { throw Failure() }
    #expect(bytes == [1, 2, 3])
    #expect(set.runs == [0..<3])
  }

  private struct Failure: Error {}

  @Test func longNamesOfBothKinds() throws {
    let scratch = try Scratch()
    let long = String(repeating: "d/", count: 120) + "key"
    var tar = TarBuilder()
    tar.add("././@LongLink", Array((long + ".txt\u{0}").utf8), type: "L", magic: "ustar  \u{0}")
    tar.add("short", Array("gnu".utf8), magic: "ustar  \u{0}")
    tar.addPAX([("mtime", "1.5"), ("path", long + "ü.txt")])
    tar.add("short", Array("pax".utf8))
    tar.addPAX([("comment", "of all")], type: "g")
    tar.add("name.txt", Array("ustar".utf8), prefix: "the/prefix")
    tar.finish()
    let set = try TarShards(try scratch.write("x.tar", tar.bytes))
    #expect(set.count == 3)
    #expect(try (0..<3).map { try set.sample(at: $0).captions } == [["gnu"], ["pax"], ["ustar"]])
    #expect(try set.sample(at: 1).id.utf8.count == scratch.path.utf8.count + "/x.tar:".utf8.count + 240 + 5)
    #expect(try set.sample(at: 2).id.hasSuffix(":the/prefix/name"))
  }

  @Test func nastyMembersAreLeftOutWithAReason() throws {
    let scratch = try Scratch()
    var tar = TarBuilder()
    let text = Array("text".utf8)
    tar.add("../up.txt", text)
    tar.add("/etc/passwd.txt", text)
    tar.add("in/../../out.txt", text)
    tar.add("link.txt", type: "2")
    tar.add("hard.txt", type: "1")
    tar.add("tty.txt", type: "3")
    tar.add("odd.txt", text, type: "Z")
    tar.add("sparse.txt", text, type: "S", magic: "ustar  \u{0}")
    tar.addPAX([("GNU.sparse.major", "1")])
    tar.add("sparser.txt", text)
    tar.add("good.txt", text)
    tar.finish()
    let set = try TarShards(try scratch.write("x.tar", tar.bytes))
    #expect(
      captions(set) == [
        #"x.tar:good ["text"] -"#, "bad: up.txt: its name leads out of the archive",
        "bad: passwd.txt: its name leads out of the archive", "bad: out.txt: its name leads out of the archive",
        "bad: x.tar:link.txt: a link inside an archive is not followed",
        "bad: x.tar:hard.txt: a link inside an archive is not followed", "bad: x.tar:tty.txt: not a regular file",
        "bad: x.tar:odd.txt: unknown kind of member (90)",
        "bad: x.tar:sparse.txt: sparse members of an archive cannot be read",
        "bad: x.tar:sparser.txt: sparse members of an archive cannot be read",
      ])
    #expect(kind(of: join(parentFolder(scratch.path), "up.txt")) == .absent)
  }

  @Test func sparseMapsAreSteppedOver() throws {
    let scratch = try Scratch()
    var tar = TarBuilder()
    tar.add("sparse.txt", [], type: "S", size: Array("00000000004".utf8), magic: "ustar  \u{0}", isExtended: true)
    var map = [UInt8](repeating: 0, count: 512)
    map[504] = 1
    tar.addBlocks(map)
    tar.addBlocks([UInt8](repeating: 0, count: 512))
    tar.addBlocks(Array("data".utf8))
    tar.add("good.txt", Array("text".utf8))
    let set = try TarShards(try scratch.write("x.tar", tar.bytes))
    #expect(captions(set).first == #"x.tar:good ["text"] -"#)
    #expect(set.count == 2)
  }

  @Test(arguments: [
    // Beyond the end; beyond Int; negative; no number; so large that padding overflows.
    Array("77777777777".utf8), [0x80] + [UInt8](repeating: 0xFF, count: 11), [UInt8](repeating: 0xFF, count: 12),
    Array("12x45678901".utf8), [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7),
  ])
  func liesAboutSizesEndTheArchive(_ size: [UInt8]) throws {
    let scratch = try Scratch()
    for type in ["0", "L", "x", "S"] as [Character] {
      var tar = TarBuilder()
      tar.add("good.txt", Array("text".utf8))
      tar.add("lie.txt", Array("text".utf8), type: type, size: size)
      tar.finish()
      let set = try TarShards(try scratch.write("x.tar", tar.bytes))
      #expect(set.count == 2)
      #expect(throws: BadSample.self) { try set.sample(at: 1) }
    }
  }

  @Test func sizesInBinaryAndInPAX() throws {
    let scratch = try Scratch()
    var tar = TarBuilder()
    tar.add("binary.txt", Array("text".utf8), size: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4])
    tar.addPAX([("size", "5")])
    tar.add("pax.txt", Array("longer".utf8))
    tar.finish()
    let set = try TarShards(try scratch.write("x.tar", tar.bytes))
    #expect(captions(set) == [#"x.tar:binary ["text"] -"#, #"x.tar:pax ["longe"] -"#])
  }

  @Test func badMembersOfASample() throws {
    let scratch = try Scratch()
    var tar = TarBuilder()
    tar.add("two.txt", Array("a".utf8))
    tar.add("two.txt", Array("b".utf8))
    tar.add("empty.txt")
    tar.add("bytes.txt", [0xFF])
    tar.add("class.cls", Array("x".utf8))
    tar.add("json.json", Array("{".utf8))
    tar.add("none.bin", [1])
    tar.finish()
    let set = try TarShards(try scratch.write("x.tar", tar.bytes))
    #expect(set.count == 6)
    for i in 0..<6 { #expect(throws: (any Error).self) { try set.sample(at: i) } }
  }

  @Test func archivesThatAreNoLocalFilesAreRefused() throws {
    let scratch = try Scratch()
    let message = #expect(throws: DataError.self) { try TarShards("pipe:curl http://x/{0..1}.tar") }
    #expect("\(message as Any)".contains("commands are not run"))
    #expect(throws: DataError.self) { try TarShards("https://x/y.tar") }
    #expect(throws: DataError.self) { try TarShards(try scratch.write("a.tar.gz", [0x1F, 0x8B, 8])) }
    #expect(throws: DataError.self) { try TarShards(try scratch.write("zero.tar", [UInt8](repeating: 0, count: 1024))) }
    #expect(throws: FileError.self) { try TarShards(scratch.path + "/none-{0..3}.tar") }
    #expect(throws: FileError.self) { try TarShards(scratch.path) }
  }

  @Test func truncationAtEveryByteAndMutationsDoNoHarm() throws {
    let scratch = try Scratch()
    var tar = TarBuilder()
    tar.addPAX([("path", "p.txt"), ("size", "4")])
    tar.add("x", Array("text".utf8))
    tar.add("././@LongLink", Array("long.txt\u{0}".utf8), type: "L")
    tar.add("short", Array("gnu".utf8))
    tar.add("s.txt", [], type: "S", size: Array("00000000004".utf8), isExtended: true)
    tar.addBlocks([UInt8](repeating: 0, count: 512))
    tar.addBlocks(Array("data".utf8))
    tar.add("z.json", Array(#"{"caption": "c"}"#.utf8))
    tar.finish()
    try surviveDamage(to: tar.bytes) { bytes in
      readAll(try TarShards(try scratch.write("x.tar", bytes)))
    }
  }
}
