import Datasets
import Files
import Images
import JSON
import Testing

@Suite struct CardTests {
  private func card(_ text: String) throws -> Card {
    try Card(JSONValue(parsing: text, as: .json5, source: "x/toy.json5"), path: "x/toy.json5")
  }

  private let head = "title: 't', licence: 'l', origin: 'o', get: 'ask',"

  private var repository: String { parentFolder(parentFolder(parentFolder(#filePath))) }

  @Test func everyCardOfTheRepositoryIsRead() throws {
    let cards = try CardCatalog(folders: [repository + "/datasets"]).cards
    let files = try namesInFolder(repository + "/datasets").filter { $0.hasSuffix(".json5") }
    #expect(cards.map { $0.name + ".json5" }.sorted() == files.sorted())
    #expect(cards.count >= 12)
    for card in cards { #expect(!card.splits.isEmpty && !card.licence.isEmpty && !card.get.isEmpty) }
  }

  @Test func theBuiltInCardsAreThoseOfTheRepository() throws {
    for card in try CardCatalog(folders: []).cards {
      let file = try Card(file: "\(repository)/datasets/\(card.name).json5")
      #expect(card.title == file.title && card.splits.map(\.name) == file.splits.map(\.name))
      #expect(card.isBuiltIn && file.isBuiltIn)
    }
    #expect(try CardCatalog(folders: []).cards.map(\.name) == ["emoji", "emoji-base", "shapes"])
    for (name, text) in BuiltInCards.all { #expect(try readText("\(repository)/datasets/\(name)") == text) }
  }

  @Test(arguments: [
    ("tilte: 'x', reader: 'lines', splits: {a: {captions: 'c'}}", "did you mean"),
    ("reader: 'linse', splits: {a: {captions: 'c'}}", "did you mean lines?"),
    ("reader: 'lines', splits: {a: {caption: 'c'}}", "captions"),
    ("reader: 'lines', splits: {a: {captions: 'c', files: 3}}", "unknown key"),
    ("reader: 'lines', splits: {}", "at least one split"),
    ("reader: 'lines'", "at least one split"),
    ("reader: 'lines', splits: {a: {captions: 'c'}}, checksums: {c: 'abc'}", "MD5"),
    ("reader: 'shapes', splits: {a: {draw: 'trian', count: 3}}", "did you mean train?"),
    ("reader: 'shapes', splits: {a: {draw: 'train', count: 0}}", "0 is not in"),
    ("reader: 'table', splits: {a: {captions: 'c', separator: '::'}}", "one character"),
  ])
  func mistakesAreNamed(_ text: String, _ expected: String) {
    let error = #expect(throws: (any Error).self) { try card("{\(head) \(text)}") }
    #expect(error is any UserError)
    #expect("\(error as Any)".contains(expected), "\(error as Any)")
  }

  @Test func aSplitIsOpenedBelowTheRoot() throws {
    let scratch = try Scratch()
    let toy = try card(
      "{\(head) reader: 'idx', classes: ['a', 'b'], splits: {train: {images: 'i.gz', labels: 'l'}, test: {images: 'no'}}}"
    )
    var options = DataOptions()
    options.root = scratch.path
    let missing = #expect(throws: DataError.self) { try toy.open(options) }
    #expect("\(missing as Any)".contains("ask (into \(scratch.path)/toy)"))
    // A file that was unpacked by hand will do.
    try scratch.write("toy/i", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7])
    try scratch.write("toy/l", [0, 0, 8, 1, 0, 0, 0, 1, 1])
    let set = try toy.open(options)
    #expect(set.classNames == ["a", "b"] && set.count == 1)
    #expect(try set.sample(at: 0).label == 1)
    options.split = "tset"
    let wrong = #expect(throws: DataError.self) { try toy.open(options) }
    #expect("\(wrong as Any)".contains("did you mean test?"))
  }

  @Test func prepareChecksSumsAndCounts() throws {
    let scratch = try Scratch()
    var options = DataOptions()
    options.root = scratch.path
    func prepare(_ sum: String, _ count: Int) throws -> [String] {
      var lines = [String]()
      try card(
        "{\(head) reader: 'lines', splits: {all: {captions: 'c.txt', count: \(count)}}, checksums: {'c.txt': '\(sum)'}}"
      )
      .prepare(options) { lines.append($0) }
      return lines
    }
    let right = "900150983cd24fb0d6963f7d28e17f72"
    #expect(throws: DataError.self) { try prepare(right, 1) }
    try scratch.write("toy/c.txt", "abc")
    #expect(try prepare(right, 1).count == 2)
    #expect(throws: DataError.self) { try prepare(right, 2) }
    #expect(throws: DataError.self) { try prepare(String(right.reversed()), 1) }
  }

  /// The test suite of RFC 1321, and lengths around the ends of blocks in pieces.
  @Test func md5() {
    func sum(_ text: String) -> String {
      var sum = MD5()
      for byte in text.utf8 { sum.add([byte]) }
      return sum.finish()
    }
    #expect(sum("") == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(sum("message digest") == "f96b697d7cb7938d525a2f31aaf161d0")
    #expect(
      sum(String(repeating: "1234567890", count: 8)) == "57edf4a22be3c955ac49da2e2107b67a")
    for length in [55, 56, 63, 64, 65, 119, 120, 128] {
      var whole = MD5()
      whole.add(Array(String(repeating: "x", count: length).utf8))
      #expect(whole.finish() == sum(String(repeating: "x", count: length)))
    }
  }
}

@Suite struct OpenDataSetTests {
  private func open(_ path: String, _ split: String? = nil) throws -> [String] {
    var options = DataOptions()
    options.split = split
    return contents(of: try openDataSet(path, options).set)
  }

  @Test func cardsAndPathsThatAreNone() throws {
    #expect(try openDataSet("shapes").set.count == 1_000_000)
    var options = DataOptions()
    options.split = "test"
    options.side = 16
    let test = try openDataSet("shapes", options)
    #expect(test.name == "shapes test" && test.card?.name == "shapes")
    #expect(try test.set.sample(at: 0).image().width == 16)
    let error = #expect(throws: DataError.self) { try openDataSet("shaeps") }
    #expect("\(error as Any)".contains("did you mean shapes?"))
  }

  /// The fine print: the folder or the caption file in it, with the pictures beside it.
  @Test(arguments: ["images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "train2017", "val2017"])
  func picturesAreFoundBesideTheirCaptions(_ folder: String) throws {
    let scratch = try Scratch()
    try scratch.writePicture("\(folder)/1.jpg")
    let tokens = try scratch.write("Flickr8k.token.txt", "1.jpg#0\ta dog\n")
    #expect(try open(tokens) == ["1.jpg: a dog"])
    #expect(try open(scratch.path) == ["1.jpg: a dog"])
    try remove(tokens)
    try scratch.write("captions.txt", "image,caption\n1.jpg,a cat\n")
    #expect(try open(scratch.path) == ["1.jpg: a cat"])
    try remove(scratch.path + "/captions.txt")
    try scratch.write("some.csv", "filepath,title\n1.jpg,a cow\n")
    #expect(try open(scratch.path) == ["1.jpg: a cow"])
  }

  @Test func cocoFolders() throws {
    let scratch = try Scratch()
    try scratch.writePicture("val2017/1.jpg")
    try scratch.writePicture("train2017/2.jpg")
    for (name, id) in [("train", 2), ("val", 1)] {
      try scratch.write(
        "annotations/captions_\(name)2017.json",
        #"{"images":[{"id":\#(id),"file_name":"\#(id).jpg"}],"annotations":[{"image_id":\#(id),"caption":"\#(name)"}]}"#
      )
    }
    #expect(try open(scratch.path) == ["2.jpg: train"])
    #expect(try open(scratch.path, "val") == ["1.jpg: val"])
    #expect(try open(scratch.path, "test") == ["1.jpg: val"])
    #expect(try open(scratch.path + "/annotations/captions_val2017.json") == ["1.jpg: val"])
  }

  @Test func foldersOfSplitsAndOfClasses() throws {
    let scratch = try Scratch()
    for name in ["s/train/x", "s/valid/x", "c/car/x", "c/train/x", "t/train/x", "t/val/x", "t/more/x"] {
      try scratch.writePicture("\(name)/\(name.first ?? "0").png")
    }
    func open(_ name: String, _ split: String? = nil, insists: Bool = false) throws -> OpenedDataSet {
      var options = DataOptions()
      options.split = split
      options.insistsOnSplit = insists
      return try openDataSet(join(scratch.path, name), options)
    }
    // The first where none is named, the one for validation where nobody insists on a test.
    #expect(try open("s").split == "train")
    #expect(try open("s").set.classNames == ["x"])
    #expect(try open("s", "test").split == "valid")
    let absent = #expect(throws: DataError.self) { try open("s", "test", insists: true) }
    #expect("\(absent as Any)".contains("no split test; it has train, valid"))
    // A folder among others is a class, whatever its name.
    #expect(try open("c", "train").set.classNames == ["car", "train"])
    #expect(try open("c").split == nil)
    #expect(throws: DataError.self) { try open("c", "val", insists: true) }
    #expect(try open("t").splits == ["train", "val"])
    #expect(try open("t", "more", insists: true).set.count == 1)
    #expect(try open("t", "train").isSame(as: open("t")))
    #expect(try !open("t", "train").isSame(as: open("t", "val")))
  }

  @Test func otherFiles() throws {
    let scratch = try Scratch()
    try scratch.writePicture("images/1.jpg")
    let karpathy = try scratch.write(
      "k/dataset.json", #"{"images":[{"filename":"1.jpg","split":"test","sentences":[{"raw":"a"}]}]}"#)
    #expect(try open(karpathy, "test") == ["1.jpg: a"])
    #expect(try open(scratch.write("lines.txt", "hello\n")) == ["lines.txt:1: hello"])
    var tar = TarBuilder()
    tar.add("a.txt", Array("text".utf8))
    try scratch.write("t/1.tar", tar.bytes)
    try scratch.write("t/2.tar", tar.bytes)
    #expect(try open(scratch.path + "/t").count == 2)
    #expect(try open(scratch.path + "/t/{1..2}.tar").count == 2)
    try scratch.write("c/data_batch_1.bin", [UInt8](repeating: 1, count: 3073 * 2))
    try scratch.write("c/test_batch.bin", [UInt8](repeating: 1, count: 3073))
    #expect(try open(scratch.path + "/c") == ["data_batch_1.bin:0:  #1", "data_batch_1.bin:1:  #1"])
    #expect(try open(scratch.path + "/c", "test") == ["test_batch.bin:0:  #1"])
    try scratch.write("c100/train.bin", [UInt8](repeating: 42, count: 3074))
    #expect(try open(scratch.path + "/c100") == ["train.bin:0:  #42"])
    try scratch.write("m/t10k-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7])
    try scratch.write("m/t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 9])
    #expect(try open(scratch.path + "/m", "test") == ["t10k-images-idx3-ubyte:0:  #9"])
    try scratch.writePicture("f/test/x/1.png")
    try scratch.writePicture("f/train/x/2.png")
    #expect(try open(scratch.path + "/f", "test") == ["1.png:  #0"])
    #expect(throws: DataError.self) { try open(scratch.write("odd.json", "{}")) }
    #expect(throws: DataError.self) { try open("pipe:cat {0..1}.tar") }
  }
}
