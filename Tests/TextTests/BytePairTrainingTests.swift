import Files
import Testing
import Text

@Suite struct BytePairTrainingTests {
  static let captions = [
    "a dog and a cat", "the dog runs", "a dog, a dog, a DOG!", "cats and dogs", "the cat's dog", "it's 12 o'clock",
  ]

  /// The algorithm of Sennrich et al. 2016 in its plainest form: count all pairs anew for each merge.
  static func plainMerges(_ words: [(String, Int)], count: Int, order: [String: Int]) -> [String] {
    var order = order
    var spelt = words.map { word, times in
      (word.dropLast().map { String($0) } + [String(word.suffix(1)) + "</w>"], times)
    }
    var merges = [String]()
    while merges.count < count {
      var counts: [[String]: Int] = [:]
      for (tokens, times) in spelt {
        for i in tokens.indices.dropFirst() { counts[[tokens[i - 1], tokens[i]], default: 0] += times }
      }
      func key(_ pair: [String]) -> [Int] { pair.map { order[$0] ?? -1 } }
      let best = counts.max { a, b in
        a.value != b.value ? a.value < b.value : key(b.key).lexicographicallyPrecedes(key(a.key))
      }
      guard let best, best.value >= 2 else { break }
      let merged = best.key.joined()
      merges.append(best.key.joined(separator: " "))
      if order[merged] == nil { order[merged] = order.count }
      spelt = spelt.map { tokens, times in
        var new = [String]()
        for token in tokens {
          if token == best.key[1], new.last == best.key[0] { new[new.count - 1] = merged } else { new.append(token) }
        }
        return (new, times)
      }
    }
    return merges
  }

  @Test func mergesAreThoseOfTheAlgorithm() throws {
    let words = [
      ("a", 5), ("dog", 5), ("and", 2), ("cat", 2), ("the", 2), ("runs", 1), (",", 2), ("!", 1), ("cats", 1),
      ("dogs", 1),
      ("'s", 2), ("it", 1), ("1", 1), ("2", 1), ("o", 1), ("'", 1), ("clock", 1),
    ]
    let alphabet = ByteAlphabet.inVocabularyOrder.map { String($0) }
    let tokens = alphabet + alphabet.map { $0 + "</w>" }
    let expected = Self.plainMerges(
      words, count: 1000, order: Dictionary(uniqueKeysWithValues: zip(tokens, tokens.indices)))
    try withScratchFolder { folder in
      try BytePairTraining.tokenizer(captions: Self.captions, vocabularySize: 10_000).write(to: folder)
      let merges = try readLines(join(folder, "merges.txt"))
      #expect(merges == ["#version: 0.2"] + expected)
      #expect(expected.count > 8)
      try BytePairTraining.tokenizer(captions: Self.captions, vocabularySize: 514 + 3).write(to: folder)
      #expect(try readLines(join(folder, "merges.txt")) == ["#version: 0.2"] + expected[..<3])
    }
  }

  @Test func whatIsTrainedOpensAndEncodesTheSame() throws {
    let trained = try BytePairTraining.tokenizer(captions: Self.captions, vocabularySize: 540, contextLength: 16)
    #expect(trained.vocabularySize <= 540)
    try withScratchFolder { folder in
      try trained.write(to: folder)
      let opened = try Tokenizer(folder: folder)
      for text in Self.captions + ["Ein Hündchen 👍 <|endoftext|>!!", ""] {
        #expect(opened.encode(text) == trained.encode(text))
      }
      #expect(opened.contextLength == 16)
      #expect(opened.endToken == Int32(trained.vocabularySize - 1))
    }
  }

  @Test func aVocabularyHasRoomForAllBytes() {
    #expect(throws: BytePairTraining.TooSmall(size: 513)) {
      try BytePairTraining.tokenizer(captions: [], vocabularySize: 513)
    }
    #expect(throws: Never.self) { try BytePairTraining.tokenizer(captions: [], vocabularySize: 514) }
  }
}
