import Tensors

/// Turns texts into ids and back: cleaning, words, tokens, and the special tokens around them.
public struct Tokenizer: Sendable {
  /// How words become tokens.
  package enum Model: Sendable {
    case bytePairs(BytePairEncoding)
    case wordPieces(WordPiece)

    package var vocabulary: Vocabulary {
      switch self {
      case .bytePairs(let model): model.vocabulary
      case .wordPieces(let model): model.vocabulary
      }
    }
  }

  /// The special tokens around each text.
  package struct Frame: Sendable, Equatable {
    package var before: [Int32] = []
    package var after: [Int32] = []
  }

  package let model: Model
  /// What open_clip does to a text before it gives it to a tokenizer of Hugging Face's.
  package var precleaning: OpenCLIPCleaning?
  package let cleaning: Cleaning
  package let splitting: WordSplitting
  package let frame: Frame
  let added: AddedTokens
  /// Fills rows that are too short.
  public let padding: Int32
  /// The most tokens that the model was made for, if its files say so.
  public let contextLength: Int?
  /// One more than the highest id.
  public let vocabularySize: Int
  private let workspaces: WorkspacePool

  package init(
    model: Model, cleaning: Cleaning, splitting: WordSplitting, frame: Frame, added: [AddedToken], padding: Int32,
    contextLength: Int? = nil
  ) {
    self.model = model
    self.cleaning = cleaning
    self.splitting = splitting
    self.frame = frame
    self.added = AddedTokens(added, cleaning: cleaning)
    self.padding = padding
    self.contextLength = contextLength
    workspaces = WorkspacePool()
    vocabularySize = max(model.vocabulary.size, added.map { Int($0.id) + 1 }.max() ?? 0)
  }

  /// The token behind each text, if the model has one.
  public var endToken: Int32? { frame.after.last }

  /// The ids of a text, special tokens included, of whatever length.
  public func encode(_ text: String) -> [Int32] {
    workspaces.with { cleaned, workspace in
      encode(text, &cleaned, &workspace)
      return workspace.ids
    }
  }

  /// The ids of many texts, special tokens included, of whatever length.
  public func encode(_ texts: [String]) -> [[Int32]] {
    var rows = [[Int32]](repeating: [], count: texts.count)
    rows.withUnsafeMutableBufferPointer { rows in
      // Each chunk writes its own rows.
      nonisolated(unsafe) let rows = rows
      parallelFor(texts.count, grain: Self.grain) { range in
        workspaces.with { cleaned, workspace in
          for i in range {
            encode(texts[i], &cleaned, &workspace)
            rows[i] = workspace.ids
          }
        }
      }
    }
    return rows
  }

  /// The ids of many texts as rows of one length. Texts that are too long are cut; the end token stays.
  public func encode(_ texts: [String], length: Int) -> TokenBatch {
    guard length > 0 else { fatalError("Tokenizer.encode: length \(length) leaves no room for a token") }
    var batch = TokenBatch(
      ids: [Int32](repeating: padding, count: texts.count * length), lengths: [Int](repeating: 0, count: texts.count),
      length: length)
    batch.ids.withUnsafeMutableBufferPointer { ids in
      batch.lengths.withUnsafeMutableBufferPointer { lengths in
        nonisolated(unsafe) let (ids, lengths) = (ids, lengths)
        parallelFor(texts.count, grain: Self.grain) { range in
          workspaces.with { cleaned, workspace in
            for i in range {
              encode(texts[i], &cleaned, &workspace)
              let kept = fit(&workspace.ids, into: length)
              for (j, id) in workspace.ids.enumerated() { ids[i * length + j] = id }
              lengths[i] = kept
            }
          }
        }
      }
    }
    return batch
  }

  private static let grain = 64

  /// Cuts a row between its special tokens; where not even those fit, the last ones stay.
  private func fit(_ ids: inout [Int32], into length: Int) -> Int {
    let surplus = ids.count - length
    if surplus > 0 {
      let end = max(ids.count - frame.after.count, surplus)
      ids.removeSubrange(end - surplus..<end)
    }
    return ids.count
  }

  // MARK: One text

  private func encode(_ text: String, _ cleaned: inout [UInt8], _ workspace: inout Workspace) {
    guard let precleaning else {
      var text = text
      return text.withUTF8 { encode($0.span, &cleaned, &workspace) }
    }
    var (text, clean) = (text, [UInt8]())
    text.withUTF8 { precleaning.clean($0.span, into: &clean) }
    encode(clean.span, &cleaned, &workspace)
  }

  private func encode(_ text: Span<UInt8>, _ cleaned: inout [UInt8], _ workspace: inout Workspace) {
    workspace.ids.removeAll(keepingCapacity: true)
    workspace.ids.append(contentsOf: frame.before)
    var position = 0
    while let match = added.next(text, from: position, .text) {
      encodePlain(text.extracting(position..<match.range.lowerBound), &cleaned, &workspace)
      workspace.ids.append(match.id)
      position = match.range.upperBound
    }
    encodePlain(text.extracting(position..<text.count), &cleaned, &workspace)
    workspace.ids.append(contentsOf: frame.after)
  }

  /// A text without the tokens that are found before cleaning.
  private func encodePlain(_ text: Span<UInt8>, _ cleaned: inout [UInt8], _ workspace: inout Workspace) {
    guard text.count > 0 else { return }
    cleaned.removeAll(keepingCapacity: true)
    if case .gpt2(addPrefixSpace: true) = splitting, text[0] != 0x20 { cleaned.append(0x20) }
    cleaning.clean(text, into: &cleaned)
    let end = cleaned.count
    // Words are read eight bytes at a time.
    cleaned.append(contentsOf: repeatElement(0, count: WordCache.longestWord))

    let padded = cleaned.span
    var position = 0
    while let match = added.next(padded.extracting(0..<end), from: position, .cleaned) {
      encodeWords(padded, position..<match.range.lowerBound, &workspace)
      workspace.ids.append(match.id)
      position = match.range.upperBound
    }
    encodeWords(padded, position..<end, &workspace)
  }

  private func encodeWords(_ padded: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace) {
    let text = padded.extracting(range)
    var cursor = WordSplitting.Cursor()
    while let word = splitting.next(text, &cursor) {
      let place = range.lowerBound + word.lowerBound..<range.lowerBound + word.upperBound
      guard let key = WordCache.key(padded.bytes, place) else {
        encodeWord(text.extracting(word), &workspace)
        continue
      }
      let slot = WordCache.slot(key)
      if workspace.cache.append(key, slot, to: &workspace.ids) { continue }
      let first = workspace.ids.count
      encodeWord(text.extracting(word), &workspace)
      workspace.cache.remember(key, slot, workspace.ids[first...])
    }
  }

  private func encodeWord(_ word: Span<UInt8>, _ workspace: inout Workspace) {
    switch model {
    case .bytePairs(let model):
      // open_clip knows its special tokens as words.
      if case .openCLIP = splitting, word[0] == UInt8(ascii: "<"), let id = specialWord(word) {
        workspace.ids.append(id)
      } else {
        model.encode(word, into: &workspace.ids, &workspace.bytePairs)
      }
    case .wordPieces(let model): model.encode(word, into: &workspace.ids, &workspace.wordPieces)
    }
  }

  private func specialWord(_ word: Span<UInt8>) -> Int32? {
    let bytes = (0..<word.count).map { word[$0] }
    if bytes.elementsEqual("<start_of_text>".utf8) { return frame.before.first }
    return bytes.elementsEqual("<end_of_text>".utf8) ? frame.after.last : nil
  }
}
