import Testing
import Text

@Suite struct TokenizerTests {
  @Test func rowsAreCutBeforeTheEndTokenAndPadded() throws {
    let tokenizer = try Kind.clip.tokenizer()
    let texts = ["a dog", "a photo of the big red dog running in the grass", ""]
    let full = tokenizer.encode(texts)
    let end = try #require(tokenizer.endToken)
    #expect(full.allSatisfy { $0.last == end })
    for length in 1...20 {
      let batch = tokenizer.encode(texts, length: length)
      #expect(batch.count == 3)
      for (row, ids) in full.enumerated() {
        let kept = ids.count <= length ? ids : ids.prefix(length - 1) + [end]
        #expect(Array(batch[row]) == kept + [Int32](repeating: tokenizer.padding, count: length - kept.count))
        #expect(batch.lengths[row] == kept.count)
      }
    }
  }

  @Test func openCLIPPadsWithZeros() throws {
    let tokenizer = try Kind.openCLIP.tokenizer()
    #expect(tokenizer.contextLength == 32)
    #expect(tokenizer.encode(["a"], length: 5)[0].suffix(2) == [0, 0])
  }

  /// A word of 100,000 bytes takes no longer than its letters in short words would, by far less than its square.
  @Test(arguments: Kind.allCases) func longWordsAreNotQuadratic(kind: Kind) throws {
    let tokenizer = try kind.tokenizer()
    let clock = ContinuousClock()
    let word = String((0..<1_000_000).map { i in Character(Unicode.Scalar(UInt8(97 + i * i % 11 % 26))) })
    let time = clock.measure { #expect(!tokenizer.encode(word).isEmpty) }
    #expect(time < .seconds(20))
  }

  @Test func emptyAndTiny() throws {
    for kind in Kind.allCases {
      let tokenizer = try kind.tokenizer()
      let frame = tokenizer.encode("")
      #expect(frame.count == (kind == .gpt2 ? 0 : 2))
      #expect(tokenizer.encode([String]()).isEmpty)
      #expect(tokenizer.encode([], length: 7).count == 0)
      #expect(tokenizer.encode("  \n").count >= frame.count)
      #expect(tokenizer.decode(frame) == "")
      #expect(tokenizer.decode([-1, 1 << 30]) == "")
    }
  }

  @Test func specialTokensInTheTextAreThemselves() throws {
    let clip = try Kind.clip.tokenizer()
    let end = try #require(clip.endToken)
    #expect(clip.encode("a<|endoftext|>b").filter { $0 == end }.count == 2)
    #expect(clip.encode("a<|ENDOFTEXT|>b").filter { $0 == end }.count == 1)
    let openCLIP = try Kind.openCLIP.tokenizer()
    #expect(openCLIP.encode("a<END_of_text>b").filter { $0 == end }.count == 2)
  }
}
