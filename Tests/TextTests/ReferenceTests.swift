import Files
import JSON
import Tensors
import Testing
import Text

/// 10,000 nasty strings against `transformers` and open_clip.
@Suite struct ReferenceTests {
  /// FNV-1a over the ids of some rows, each followed by −1.
  static func hash(_ rows: ArraySlice<[Int32]>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for row in rows {
      for id in row + [-1] {
        for shift in [0, 8, 16, 24] {
          hash = (hash ^ UInt64(UInt32(bitPattern: id) >> shift & 0xFF)) &* 0x100_0000_01B3
        }
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  struct Expected {
    let texts: [String]
    let blocks: [String]
    let rows: [[Int32]]

    init(_ kind: Kind) throws {
      let name = "ids-\(kind.rawValue).json"
      let fields = try JSONFields(JSONValue(file: fixture(name)), source: name)
      var nasty = try NastyStrings(seed: fields.take("seed"), unassigned: kind != .openCLIP)
      texts = (0..<10_000).map { _ in nasty.next() }
      blocks = try fields.take("blocks")
      rows = try fields.take("rows", as: [[Int]].self).map { $0.map { Int32($0) } }
    }
  }

  @Test(arguments: Kind.allCases) func nastyStringsGiveTheReferencesIDs(kind: Kind) throws {
    let expected = try Expected(kind)
    let tokenizer = try kind.tokenizer()
    let rows = tokenizer.encode(expected.texts)
    for (i, row) in expected.rows.enumerated() {
      #expect(rows[i + 1] == row, "\(JSONValue.string(expected.texts[i + 1]).text())")
    }
    let blocks = stride(from: 0, to: rows.count, by: 100).map { Self.hash(rows[$0..<$0 + 100]) }
    #expect(blocks.count == 100)
    let wrong = zip(blocks, expected.blocks).enumerated().filter { $1.0 != $1.1 }.map { $0.offset }
    #expect(wrong.isEmpty)
  }

  /// The same tokenizer from `tokenizer.json`, and from files of our own.
  @Test(arguments: Kind.huggingFace) func otherFilesGiveTheSameIDs(kind: Kind) throws {
    let expected = try Expected(kind)
    let whole = try Tokenizer(folder: fixture("saved-\(kind.rawValue)"))
    let rows = whole.encode(Array(expected.texts[..<3000]))
    #expect((0..<30).map { Self.hash(rows[$0 * 100..<$0 * 100 + 100]) } == Array(expected.blocks[..<30]))
    try withScratchFolder { folder in
      try whole.write(to: folder)
      for removed in ["none", "tokenizer.json"] {
        try remove(join(folder, removed))
        let again = try Tokenizer(folder: folder)
        #expect(again.encode(Array(expected.texts[..<3000])) == rows)
        #expect(again.padding == whole.padding)
        #expect(again.contextLength == whole.contextLength)
      }
    }
  }

  @Test(arguments: Kind.huggingFace) func decodingGivesTheReferencesTexts(kind: Kind) throws {
    let fields = try JSONFields(JSONValue(file: fixture("decoded.json")), source: "decoded.json")
    let tokenizer = try kind.tokenizer()
    let texts: [String] = try fields.take("texts")
    #expect(texts.map { tokenizer.decode(tokenizer.encode($0)) } == (try fields.take(kind.rawValue, as: [String].self)))
  }

  @Test func threadsAndCacheChangeNothing() throws {
    let expected = try Expected(.clip)
    let texts = Array(expected.texts[1..<900])
    let tokenizer = try Kind.clip.tokenizer()
    let alone = texts.map { text in ThreadPool.$current.withValue(ThreadPool(threads: 1)) { tokenizer.encode(text) } }
    for threads in [1, 2, 5] {
      #expect(ThreadPool.$current.withValue(ThreadPool(threads: threads)) { tokenizer.encode(texts) } == alone)
    }
  }
}
