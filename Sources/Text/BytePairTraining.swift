import Files

/// Learns CLIP's byte-pair encoding from captions (Sennrich et al. 2016, algorithm 1).
///
/// The most frequent pair of adjacent tokens becomes a token, again and again. Of equally frequent pairs the one with
/// the smaller ids wins, the left id first, so that the same captions give the same files everywhere.
public enum BytePairTraining {
  /// A vocabulary that cannot be made.
  public struct TooSmall: UserError, Equatable {
    /// What was asked for.
    public let size: Int

    /// An error about a size.
    public init(size: Int) { self.size = size }

    /// The line for people.
    public var description: String {
      "a vocabulary of \(size) is too small: the bytes and the special tokens alone are \(BytePairTraining.smallest)"
    }
  }

  /// All bytes, all bytes that end a word, and two special tokens.
  public static let smallest = 514

  /// Longer words (a caption that is a file's content in Base64) teach nothing and would cost much.
  private static let longestWord = 256

  /// Pairs that occur once are no pattern.
  private static let rarest = 2

  /// Learns a tokenizer of at most `vocabularySize` tokens; fewer if no pair occurs twice any more.
  public static func tokenizer(
    captions: some Sequence<String>, vocabularySize: Int, contextLength: Int = 77
  ) throws -> Tokenizer {
    guard vocabularySize >= smallest else { throw TooSmall(size: vocabularySize) }
    var vocabulary = Vocabulary.ofBytes(endOfWord: endOfWord, capacity: vocabularySize)
    var ranks = MergeRanks(capacity: vocabularySize)
    var corpus = Corpus(countWords(captions), vocabulary)
    var rank: UInt32 = 0
    while vocabulary.size < min(vocabularySize, Vocabulary.idLimit) - 2, let (left, right) = corpus.best(rarest) {
      let merged = token(left, vocabulary) + token(right, vocabulary)
      // Two pairs may become the same token: a·bc and ab·c.
      let known = vocabulary.id(of: merged.span.bytes)
      let id = known ?? Int32(vocabulary.size)
      if known == nil { _ = vocabulary.insert(merged.span.bytes, id: vocabulary.size) }
      ranks.insert(left, right, MergeRanks.Merge(rank: rank, merged: id))
      rank += 1
      corpus.merge(left, right, into: id)
    }
    return clip(vocabulary, ranks, contextLength)
  }

  private static let endOfWord = "</w>"

  private static func token(_ id: Int32, _ vocabulary: Vocabulary) -> [UInt8] {
    Array(vocabulary.token(id) ?? [])
  }

  private static func clip(_ vocabulary: Vocabulary, _ ranks: MergeRanks, _ contextLength: Int) -> Tokenizer {
    var vocabulary = vocabulary
    let (start, end) = (Int32(vocabulary.size), Int32(vocabulary.size + 1))
    // No merge gives these: it would have to start with the byte <, and its last byte ends a word.
    _ = vocabulary.insert(SpecialNames.clipStart, id: Int(start))
    _ = vocabulary.insert(SpecialNames.clipEnd, id: Int(end))
    return Tokenizer(
      model: .bytePairs(
        BytePairEncoding(vocabulary: vocabulary, ranks: ranks, endOfWord: endOfWord, unknown: end)),
      cleaning: .clip, splitting: .clipWithSpecials, frame: Tokenizer.Frame(before: [start], after: [end]),
      added: [
        AddedToken(id: start, content: SpecialNames.clipStart), AddedToken(id: end, content: SpecialNames.clipEnd),
      ],
      padding: end, contextLength: contextLength)
  }

  /// The words of the captions in the order in which they first occur, and how often they do.
  private static func countWords(_ captions: some Sequence<String>) -> [(word: [UInt8], count: Int)] {
    var numbers = Vocabulary()
    var counts = [Int]()
    var cleaned = [UInt8]()
    for caption in captions {
      cleaned.removeAll(keepingCapacity: true)
      let text = Array(caption.utf8)
      Cleaning.clip.clean(text.span, into: &cleaned)
      var cursor = WordSplitting.Cursor()
      let span = cleaned.span
      while let range = WordSplitting.clipWithSpecials.next(span, &cursor) {
        guard range.count <= longestWord else { continue }
        let word = span.extracting(range).bytes
        if let number = numbers.id(of: word) {
          counts[Int(number)] += 1
        } else if numbers.insert(word, id: counts.count) == .added {
          counts.append(1)
        }
      }
    }
    return counts.enumerated().map { number, count in (Array(numbers.token(Int32(number)) ?? []), count) }
  }
}

/// The words as tokens, with a count of every adjacent pair.
private struct Corpus {
  private var words: [[Int32]]
  private let counts: [Int]
  private var pairs: [Pair: Occurrences] = [:]
  private var heap = Heap<Candidate>()

  private struct Pair: Hashable {
    var left: Int32
    var right: Int32
  }

  private struct Occurrences {
    var count = 0
    /// Words that have, or once had, the pair. A word may be named several times.
    var words: [Int32] = []
  }

  /// The most frequent comes first, then the smallest ids.
  private struct Candidate: Comparable {
    var count: Int
    var pair: Pair

    static func < (a: Candidate, b: Candidate) -> Bool {
      (-a.count, a.pair.left, a.pair.right) < (-b.count, b.pair.left, b.pair.right)
    }
  }

  init(_ counted: [(word: [UInt8], count: Int)], _ vocabulary: Vocabulary) {
    // Ids 0 to 255 are the bytes, 256 to 511 the bytes that end a word.
    var ids = [Int32](repeating: 0, count: 256)
    for (id, character) in ByteAlphabet.inVocabularyOrder.enumerated() {
      if let byte = ByteAlphabet.byte(character) { ids[Int(byte)] = Int32(id) }
    }
    words = counted.map { word, _ in
      var tokens = word.map { ids[Int($0)] }
      if let last = tokens.popLast() { tokens.append(last + 256) }
      return tokens
    }
    counts = counted.map(\.count)
    for word in words.indices { count(word, sign: 1) }
    for (pair, occurrences) in pairs { heap.push(Candidate(count: occurrences.count, pair: pair)) }
  }

  /// Adds a word's pairs to the counts, or takes them away.
  private mutating func count(_ word: Int, sign: Int) {
    let tokens = words[word]
    for i in tokens.indices.dropFirst() {
      let pair = Pair(left: tokens[i - 1], right: tokens[i])
      pairs[pair, default: Occurrences()].count += sign * counts[word]
      if sign > 0 { pairs[pair, default: Occurrences()].words.append(Int32(word)) }
    }
  }

  /// The most frequent pair, if it occurs often enough.
  mutating func best(_ least: Int) -> (left: Int32, right: Int32)? {
    while let candidate = heap.popMin() {
      let count = pairs[candidate.pair]?.count ?? 0
      if count == candidate.count {
        return count >= least ? (candidate.pair.left, candidate.pair.right) : nil
      }
      // Counts of older pairs only fall: whatever was pushed too high comes back in its place.
      if count > 0 { heap.push(Candidate(count: count, pair: candidate.pair)) }
    }
    return nil
  }

  mutating func merge(_ left: Int32, _ right: Int32, into merged: Int32) {
    guard let occurrences = pairs[Pair(left: left, right: right)] else { return }
    var seen = Set<Int32>()
    var changed: [Pair] = []
    for word in occurrences.words where seen.insert(word).inserted {
      let old = words[Int(word)]
      var new = [Int32]()
      new.reserveCapacity(old.count)
      for token in old {
        if token == right, new.last == left { new[new.count - 1] = merged } else { new.append(token) }
      }
      guard new.count < old.count else { continue }
      count(Int(word), sign: -1)
      words[Int(word)] = new
      count(Int(word), sign: 1)
      for i in new.indices.dropFirst() where new[i] == merged || new[i - 1] == merged {
        changed.append(Pair(left: new[i - 1], right: new[i]))
      }
    }
    pairs[Pair(left: left, right: right)] = nil
    for pair in Set(changed) { heap.push(Candidate(count: pairs[pair]?.count ?? 0, pair: pair)) }
  }
}
