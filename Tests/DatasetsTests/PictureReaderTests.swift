import Datasets
import Files
import Glibc
import Images
import Testing

@Suite struct PictureReaderTests {
  private func cifar(_ labels: [UInt8], fill: UInt8) -> [UInt8] {
    labels + (0..<3).flatMap { plane in (0..<1024).map { UInt8(truncatingIfNeeded: $0) ^ (fill &+ UInt8(plane)) } }
  }

  @Test func cifar10() throws {
    let scratch = try Scratch()
    let one = try scratch.write("data_batch_1.bin", cifar([3], fill: 0) + cifar([9], fill: 5))
    #expect(try CIFAR([one], kind: .cifar10).classNames.last == "truck")
    try scratch.write("batches.meta.txt", "airplane\nautomobile\n\n")
    let two = try scratch.write("data_batch_2.bin", cifar([10], fill: 0) + cifar([1], fill: 9).dropLast())
    let set = try CIFAR([one, two], kind: .cifar10)
    #expect(set.classNames == ["airplane", "automobile"])
    #expect(
      contents(of: set) == [
        "data_batch_1.bin:0:  #3", "data_batch_1.bin:1:  #9", "bad: data_batch_2.bin:0: label 10 of 10 classes",
        "bad: data_batch_2.bin:1: the file is cut short",
      ])
    let image = try set.sample(at: 0).image()
    #expect(image.width == 32 && image.height == 32)
    // Pixel 33 is the second of the second row; its planes differ by their number.
    #expect(image[1, 1] == (33, 33 ^ 1, 33 ^ 2))
  }

  @Test func cifar100UsesTheFineLabel() throws {
    let scratch = try Scratch()
    try scratch.write("fine_label_names.txt", "apple\n")
    let set = try CIFAR([try scratch.write("train.bin", cifar([19, 99], fill: 0))], kind: .cifar100)
    #expect(try set.sample(at: 0).label == 99)
    #expect(set.classNames == ["apple"])
    #expect(throws: DataError.self) { try CIFAR([try scratch.write("e.bin", "")], kind: .cifar10) }
  }

  private func idx(_ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(shape.count)] + shape.flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] } + bytes
  }

  @Test func mnistWithAndWithoutGzip() throws {
    let scratch = try Scratch()
    let images = try scratch.write("i", idx([2, 2, 3], Array(0..<12)))
    let labels = try scratch.write("l", idx([2], [7, 12]))
    let set = try IDX(images: images, labels: labels, classNames: (0..<10).map(String.init))
    #expect(contents(of: set) == ["i:0:  #7", "bad: i:1: label 12 of 10 classes"])
    let image = try set.sample(at: 0).image()
    #expect(image.width == 3 && image.height == 2 && image[1, 1] == (4, 4, 4))
    #expect(try IDX(images: images, labels: nil).sample(at: 1).label == nil)
    let color = try IDX(images: try scratch.write("c", idx([1, 1, 1, 3], [1, 2, 3])), labels: nil)
    #expect(try color.sample(at: 0).image()[0, 0] == (1, 2, 3))
  }

  @Test func gzippedIDX() throws {
    let scratch = try Scratch()
    // A stored block is the simplest gzip file there is.
    let content = idx([1, 1, 2], [250, 5])
    let count = UInt8(content.count)
    let sum = CRC32.checksum(content)
    let gzip: [UInt8] =
      [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, count, 0, ~count, 0xFF] + content
      + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) } + [count, 0, 0, 0]
    let set = try IDX(images: try scratch.write("i.gz", gzip), labels: nil)
    #expect(try set.sample(at: 0).image()[0, 0] == (250, 250, 250))
    #expect(throws: GzipError.self) { try IDX(images: try scratch.write("i.gz", gzip.dropLast(9)), labels: nil) }
  }

  @Test func wrongIDXIsRefused() throws {
    let scratch = try Scratch()
    let images = try scratch.write("i", idx([2, 1, 1], [1, 2]))
    #expect(throws: DataError.self) { try IDX(images: images, labels: try scratch.write("l", idx([3], [1, 2, 3]))) }
    #expect(throws: DataError.self) { try IDX(images: try scratch.write("x", idx([0, 1, 1], [])), labels: nil) }
    #expect(throws: DataError.self) { try IDX(images: try scratch.write("x", idx([2], [1, 2])), labels: nil) }
    #expect(throws: DataError.self) {
      try IDX(images: try scratch.write("x", [0, 0, 8, 3] + [UInt8](repeating: 0xFF, count: 12)), labels: nil)
    }
    #expect(throws: DataError.self) {
      try IDX(images: try scratch.write("x", [0, 0, 0x0D, 1, 0, 0, 0, 0]), labels: nil)
    }
  }

  @Test func imageFolders() throws {
    let scratch = try Scratch()
    for name in ["dog/b.PNG", "dog/deep/a.jpg", "cat/1.jpeg", "cat/notes.txt", ".hidden/x.png"] {
      try scratch.writePicture(name)
    }
    let classes = try ImageFolder(scratch.path)
    #expect(classes.classNames == ["cat", "dog"])
    #expect(contents(of: classes) == ["1.jpeg:  #0", "b.PNG:  #1", "a.jpg:  #1"])
    try scratch.writePicture("loose.png")
    #expect(contents(of: try ImageFolder(scratch.path)) == ["1.jpeg: ", "b.PNG: ", "a.jpg: ", "loose.png: "])
    try remove(scratch.path + "/loose.png")
    try makeFolder(scratch.path + "/empty")
    #expect(throws: DataError.self) { try ImageFolder(scratch.path) }
    #expect(throws: DataError.self) { try ImageFolder(scratch.path + "/empty") }
    #expect(throws: FileError.self) { try ImageFolder(scratch.path + "/absent") }
  }

  /// They are named where they would have been pictures, and do not turn folders of classes into one without.
  @Test func lostLinksAreBadSamples() throws {
    let scratch = try Scratch()
    func problems() throws -> [String] {
      let set = try ImageFolder(scratch.path)
      return (0..<set.count).compactMap { index in
        do {
          _ = try set.sample(at: index)
          return nil
        } catch { return "\(error)" }
      }
    }
    try scratch.writePicture("cat/1.png")
    for name in ["cat/2.png", "dog", "notes.txt"] { symlink("/nowhere/\(name)", scratch.path + "/" + name) }
    #expect(try ImageFolder(scratch.path).classNames == ["cat"])
    let reason = "a link that leads to nothing, or in a circle; mend it or remove it"
    #expect(try problems() == ["cat/2.png", "dog"].map { "\(scratch.path)/\($0): \(reason)" })
    try scratch.writePicture("loose.png")
    #expect(try ImageFolder(scratch.path).classNames == [])
    #expect(try problems().count == 2)
  }

  @Test func aPipeIsNoPicture() throws {
    #expect(throws: FileError.self) { try Sample(id: "x", picture: .file("/dev/zero")).image() }
    #expect(throws: FileError.self) { try Sample(id: "x", picture: .file("/tmp")).image() }
    #expect(throws: BadSample.self) { try Sample(id: "x").image() }
  }

  @Test func damageDoesNoHarm() throws {
    let scratch = try Scratch()
    func read(_ set: some DataSet) { readAll(set) { _ = try $0.image() } }
    try surviveDamage(to: idx([2, 2, 1], [1, 2, 3, 4])) {
      read(try IDX(images: try scratch.write("i", $0), labels: nil))
    }
    try surviveDamage(to: cifar([3], fill: 1)) { read(try CIFAR([try scratch.write("b", $0)], kind: .cifar10)) }
  }
}
